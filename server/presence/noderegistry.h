// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/admin.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <array>
#include <deque>
#include <functional>

namespace presence::rules {

/// All nodes that were alive within the last minute, by name.
void readNodes(const Store &store, Callback<std::vector<NodeRow>> done);

/// Says that this node writes the data's present format; `done` gets ErrorCode::Invalid, with a
/// sentence for the operator, when a newer daemon has written a format that this one does not know.
void claimFormat(const Store &store, Callback<void> done);

/// What a node says of itself.
struct NodeReport
{
    QByteArray version;
    qint64 connections = 0; ///< WebSockets
    qint64 devices = 0; ///< that have joined their presence topic
    int shards = 0;
    std::chrono::microseconds lag{0}; ///< the longest that a loop was late since the last report
    qint64 memory = 0; ///< bytes resident
    bool isDraining = false;
    // Since the node started:
    std::chrono::microseconds processor{0};
    qint64 joins = 0;
    qint64 events = 0; ///< received by Pub/Sub
    qint64 deliveries = 0; ///< messages to clients
    qint64 messages = 0; ///< from clients
};

/// Says in Redis each second that this node is alive, since when, and how it is. A node that
/// stopped saying so for a minute is gone from the registry. While it cannot refresh its sessions
/// it says so, too, and they do not expire. Warns when another process reports under the same name.
/// Lives on the main thread.
class NodeRegistry : public QObject
{
    Q_OBJECT
public:
    /// What HeartbeatScheduler says, of any shard.
    struct Lateness
    {
        bool isBehind = false;
        bool isRefusing = false;
    };
    NodeRegistry(const Store &store, QByteArray nodeName, std::function<NodeReport()> report,
                 std::function<Lateness()> lateness, QObject *parent = nullptr);
    void start();
    void announce(); ///< now, because something has changed
    /// The node is not there any more; `done` when Redis knows, or is away.
    void stop(std::function<void()> done);

private:
    void tell(qint64 now);
    void describeIn(qint64 now, const NodeReport &report);
    void addToTotals(const NodeReport &report);
    void reportBehind();
    void compareInstance(const QByteArray &found);
    void noteRates(const NodeReport &report);
    redis::Command describe(qint64 now, const NodeReport &report) const;

    const Store &m_store;
    QByteArray m_nodeName;
    std::function<NodeReport()> m_report;
    std::function<Lateness()> m_lateness;
    bool m_wasBehind = false;
    NodeReport m_last; ///< what was reported last
    NodeReport m_counted; ///< what the totals have of it
    QElapsedTimer m_sinceLast;
    double m_processor = 0; ///< cores in use, as reported last
    bool m_isStopped = false;
    std::array<std::deque<double>, 4> m_rates; ///< of the last reports, for peaks
    const QByteArray m_instance; ///< of all processes of this name that there ever are
    bool m_hasTold = false; ///< that it is this one
    qint64 m_startedAt = 0; ///< s since the epoch, by Redis' clock; 0 until it was asked
    QTimer m_timer;
    QTimer m_watch; ///< of m_lateness
};

} // namespace presence::rules
