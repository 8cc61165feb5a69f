// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"

#include <QAbstractListModel>
#include <QSet>

namespace presence::dashboard {

/// What begins with what an operator types. The daemon is asked for one part after the other, once
/// typing has paused; what it finds is shown as it comes, and who types on is not told of the
/// rest.
class SearchModel final : public QAbstractListModel
{
    Q_OBJECT
public:
    /// In this order, one below the other.
    enum class Kind : quint8 { User, Device, Channel, Workspace, Node };

    struct Hit
    {
        Kind kind = Kind::User;
        QString name;
        QString user; ///< of a device: whose it is
        QString note; ///< of a user that only the archive knows
        friend bool operator==(const Hit &a, const Hit &b)
        {
            return a.kind == b.kind && a.name == b.name && a.user == b.user;
        }
        friend size_t qHash(const Hit &hit, size_t seed = 0)
        {
            return qHashMulti(seed, quint8(hit.kind), hit.name, hit.user);
        }
    };

    enum HitRole {
        HeadingRole = Qt::UserRole, ///< the kind, for the first row of one; else empty
        DetailRole, ///< what there is to say beside the name
    };

    static constexpr int kMostOfAKind = 50;

    explicit SearchModel(OverviewModel &overview, QObject *parent = nullptr);

    void setText(const QString &text); ///< empty: nothing is looked for
    QString text() const { return m_text; }
    const Hit &hitAt(int row) const { return m_hits[size_t(row)]; }

    bool isSearching() const { return m_isSearching; }
    qint64 examined() const { return m_examined; } ///< names
    bool isComplete() const { return m_isComplete; } ///< false: not all names were examined
    bool isArchiveAway() const { return m_isArchiveAway; } ///< it could not be asked
    bool isFull() const { return m_isFull; } ///< there are more than kMostOfAKind
    QString problem() const { return m_problem; } ///< in words; empty for none

    // QAbstractItemModel
    int rowCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;

Q_SIGNALS:
    void changed();

private:
    void ask(const QByteArray &after);
    void take(const FoundNames &found);
    void add(Hit hit);
    void end(const QString &problem = {});
    bool isBefore(const Hit &a, const Hit &b) const;

    OverviewModel &m_overview;
    QString m_text;
    std::vector<Hit> m_hits; ///< in order
    QSet<Hit> m_known; ///< the same
    std::array<int, 5> m_counts{}; ///< by kind
    bool m_isSearching = false;
    bool m_isComplete = true;
    bool m_isArchiveAway = false;
    bool m_isFull = false;
    qint64 m_examined = 0;
    QString m_problem;
    quint64 m_search = 0; ///< number of the last one
    QTimer m_pause; ///< in typing
};

} // namespace presence::dashboard
