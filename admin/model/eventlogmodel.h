// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"

#include <QIODevice>
#include <QSet>

#include <deque>

namespace presence::dashboard {

/// Which events are asked for.
struct EventChoice
{
    QSet<EventRow::Kind> kinds; ///< empty for all
    QString user; ///< empty for all, as the others
    QString channel;
    QString workspace;
    friend bool operator==(const EventChoice &, const EventChoice &) = default;
};

/// The events of the cluster, the newest first, at most 10,000 of them.
class EventLogModel final : public TableModel
{
    Q_OBJECT
public:
    static constexpr size_t kMost = 10'000; ///< rows
    enum ColumnId { TimeColumn, KindColumn, UserColumn, WhereColumn, WhatColumn, kColumns };
    enum class Format : quint8 { Csv, JsonLines };

    explicit EventLogModel(OverviewModel &overview, QObject *parent = nullptr);
    ~EventLogModel() override;

    /// Listens while active. What was there before stays.
    void setActive(bool isActive);
    void choose(const EventChoice &choice);
    const EventChoice &choice() const { return m_choice; }

    /// What comes while it is paused waits.
    void setPaused(bool isPaused);
    bool isPaused() const { return m_isPaused; }
    qsizetype waiting() const { return static_cast<qsizetype>(m_waiting.size()); }

    qint64 skipped() const { return m_skipped; } ///< events that the daemon left out
    QString problem() const { return m_problem; } ///< in words; empty for none
    void clear();

    /// All rows, the oldest first. False when the device cannot be written to.
    [[nodiscard]] bool exportTo(QIODevice &device, Format format) const;

    /// As if the daemon had told them, the oldest first.
    void add(std::vector<EventRow> events);

    // QAbstractItemModel
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    QVariant data(const QModelIndex &index, int role) const override;

Q_SIGNALS:
    void changed(); ///< waiting(), skipped() or problem()

private:
    void listen();
    void prepend(std::vector<EventRow> events);
    QString text(const EventRow &event, int column) const;

    OverviewModel &m_overview;
    EventChoice m_choice;
    std::deque<EventRow> m_rows; ///< the newest first
    std::vector<EventRow> m_waiting; ///< the oldest first
    bool m_isPaused = false;
    qint64 m_skipped = 0;
    QString m_problem;
    std::unique_ptr<Subscription> m_subscription;
};

} // namespace presence::dashboard
