// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/clock.h"
#include "admin/model/figurehistory.h"
#include "admin/model/tablemodel.h"
#include "admin/net/subscription.h"

#include <QElapsedTimer>

#include <deque>

namespace presence::dashboard {

/// The cluster as a whole, each second, its last day and what happened to it. Also the way for
/// commands: all go by the topic of the overview, which is joined as long as there is a dashboard.
class OverviewModel : public QObject
{
    Q_OBJECT
public:
    explicit OverviewModel(Connection &connection, QObject *parent = nullptr);

    const Overview &now() const { return m_now; }
    const FigureHistory &history() const { return m_history; }
    /// Of the last day, the newest last.
    const std::deque<IncidentRow> &incidents() const { return m_incidents; }
    /// False of a daemon of a version before this one, which does not know of any.
    bool tellsIncidents() const { return m_tellsIncidents; }
    bool hasData() const { return m_hasData; }
    /// What is shown is not what is so: no connection, nothing heard, or Redis is away.
    bool isStale() const;
    /// The daemon tells, be it that Redis is away.
    bool isHeard() const;
    std::chrono::milliseconds age() const; ///< of what is shown
    QString problem() const { return m_problem; } ///< why the topic was refused; empty for none
    QByteArray node() const { return m_node; } ///< that is connected to
    QByteArray version() const { return m_version; } ///< of it
    const Clock &clock() const { return m_clock; }
    Connection &connection() { return m_connection; }
    const Connection &connection() const { return m_connection; }

    /// What is asked now goes to the daemon.
    bool canAsk() const { return m_connection.isOpen() && m_subscription.isJoined(); }
    /// As Connection::ask().
    void ask(QByteArrayView event, const QJsonObject &payload,
             const Connection::Answered &answered);

Q_SIGNALS:
    void changed(); ///< each second while there is something new, and when it is refused
    void incidentsChanged();
    void joined(); ///< the daemon is there, perhaps another one

private:
    void take(const Overview &overview);
    void start(const protocol::JsonView &answer);
    void add(const IncidentRow &incident);

    Connection &m_connection;
    Overview m_now;
    FigureHistory m_history;
    std::deque<IncidentRow> m_incidents;
    bool m_tellsRecords = false;
    bool m_tellsIncidents = false;
    bool m_hasData = false;
    bool m_isRedisAway = false;
    QString m_problem;
    QByteArray m_node;
    QByteArray m_version;
    Clock m_clock;
    QElapsedTimer m_sinceNews;
    QElapsedTimer m_sinceHeard;
    Subscription m_subscription;
};

/// The nodes of the cluster.
class NodesModel final : public RowsModel<NodeRow>
{
    Q_OBJECT
public:
    explicit NodesModel(OverviewModel &overview, QObject *parent = nullptr);

private:
    QVariant more(const NodeRow &node, int column, int role) const override;
    std::vector<Field<NodeRow>> fields() const override;
};

/// The largest workspaces.
class WorkspacesModel final : public RowsModel<WorkspaceRow>
{
    Q_OBJECT
public:
    explicit WorkspacesModel(OverviewModel &overview, QObject *parent = nullptr);

private:
    QVariant more(const WorkspaceRow &workspace, int column, int role) const override;
    std::vector<Field<WorkspaceRow>> fields() const override;
};

} // namespace presence::dashboard
