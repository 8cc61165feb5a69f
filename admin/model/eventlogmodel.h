// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/evententries.h"
#include "admin/model/overviewmodel.h"

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
    bool includes(const EventEntry &entry) const;
    friend bool operator==(const EventChoice &, const EventChoice &) = default;
};

/// The events of the cluster, the newest first, at most 10,000 of them: of those that have come,
/// the ones that are chosen, each change once. Where nobody listened for a while a row says so.
class EventLogModel final : public TableModel
{
    Q_OBJECT
public:
    static constexpr size_t kMost = 10'000; ///< rows
    enum ColumnId { TimeColumn, KindColumn, UserColumn, WhereColumn, WhatColumn, kColumns };

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
    qsizetype events() const; ///< rows but those that tell of a gap
    void clear();

    ExportedTable exported(const std::vector<int> &rows) const override;

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
    void stopListening();
    void markGap();
    void add(std::vector<EventEntry> entries);
    void addGap(Milliseconds since, bool isPartial);
    bool isShown(const EventEntry &entry) const;
    const EventEntry &entryAt(int row) const { return m_all.at(m_rows[static_cast<size_t>(row)]); }
    void take(std::vector<EventEntry> entries);
    void show(quint64 number);
    void forgetOldest();
    static QString gapText(const EventEntry &entry);
    static std::vector<Field<EventEntry>> fields();
    QString text(const EventEntry &entry, int column) const;

    OverviewModel &m_overview;
    EventChoice m_choice;
    EventEntries m_all; ///< whatever is chosen
    std::deque<quint64> m_rows; ///< numbers of those that are shown, the newest first
    std::optional<Milliseconds> m_chosenSince; ///< while it listens to some only
    std::optional<Milliseconds> m_heardTill; ///< once it does not listen any more
    EventEntries m_waiting;
    bool m_isPaused = false;
    qint64 m_skipped = 0;
    QString m_problem;
    std::unique_ptr<Subscription> m_subscription;
};

} // namespace presence::dashboard
