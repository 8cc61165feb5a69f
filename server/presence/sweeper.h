// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/channeltransitions.h"
#include "server/presence/duequeue.h"
#include "server/presence/duequeuescan.h"
#include "server/presence/masterwatch.h"
#include "server/presence/usertransitions.h"
#include "server/presence/workspacesweep.h"

#include <QDeadlineTimer>
#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <functional>
#include <span>

namespace presence::rules {

/// Finishes what nobody came back to finish: devices that stopped calling, statuses that are over,
/// typists that never said stop, viewers and workspace entries that a dead node left behind.
///
/// One node at a time sweeps, by a lease of a few seconds in Redis. Two at once would do no harm:
/// every step decides by the state it finds. After a time without Redis it first leaves the
/// nodes time to say who is still there, and what nodes cannot refresh does not expire
/// (NodeRegistry). In a cluster it goes on while a master is away, and leaves alone what is there,
/// until nodes had that time after it came back. Lives on the main thread.
class Sweeper : public QObject
{
    Q_OBJECT
public:
    Sweeper(const Store &store, QByteArray nodeName, QObject *parent = nullptr);
    void start();
    /// Another node may sweep from now on; `done` when Redis knows, or is away.
    void stop(std::function<void()> done);

private:
    /// What is due.
    struct Due
    {
        DueQueue queue;
        /// Whether a member can be looked at; if not, it is due later.
        std::function<bool(const QByteArray &member)> mayCheck;
        bool isSwept = false; ///< right now
    };
    /// With whether it was; it is due still when not.
    using Checked = std::function<void(bool isDone)>;
    /// Tells the queue, too.
    using Check = std::function<void(const DueQueue::Entry &entry, const Checked &checked)>;

    void tick();
    void answered();
    void clockWasSetBack();
    void setBack(const QByteArray &queue, std::chrono::seconds longest);
    void readBehind(std::function<void(bool isKnown)> done);
    void sweep();
    void sweepUsers();
    void sweepChannels();
    void sweepDue(Due &due, const Check &check);
    void checkAll(Due &due, const Check &check, std::vector<DueQueue::Entry> entries);
    void putOff(const Due &due, std::span<const DueQueue::Entry> entries);
    bool isResting(const ChannelId &channel) const;
    bool isSettled(const UserId &user) const;
    bool canLeave(const UserTransition &transition) const;
    std::chrono::milliseconds refreshTime() const;
    void restoreUsers(const std::vector<QByteArray> &users);
    void restoreChannels(const std::vector<QByteArray> &channels);
    void checkUser(const UserId &user, const QByteArray &how, const Callback<UserTransition> &done);

    const Store &m_store;
    QByteArray m_nodeName;
    UserTransitions m_users;
    ChannelTransitions m_channels;
    Due m_dueUsers;
    Due m_dueChannels;
    DueQueueScan m_scan;
    MasterWatch m_masters;
    WorkspaceSweep m_workspaces;
    /// Nodes that cannot refresh their sessions: their tags, apart by spaces, and when.
    struct Behind
    {
        QByteArray tags;
        qint64 at = 0; ///< s since the epoch

        void add(const redis::Reply &reply);
    };
    Behind m_behind;
    QTimer m_timer;
    int m_ticks = 0;
    QElapsedTimer m_lastAnswer; ///< of Redis
    QDeadlineTimer m_rest; ///< until then nobody is missed
};

} // namespace presence::rules
