// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/canary/canarymetrics.h"
#include "server/canary/connecteduser.h"
#include "server/canary/watcheduser.h"

#include <QObject>
#include <QTimer>

#include <chrono>
#include <memory>

namespace presence::canary {

/// Two users of the node's own, whom it watches as a client would: what it measures of them is what
/// clients get. One is connected all the time and says something new once an interval; the other
/// one connects and is cut off by turns.
///
/// No client can name them, nor their workspace. They are in no count, no history and no feed for
/// other services; what a node that died has left of them in Redis expires. Belongs to one thread.
class Canary final : public QObject
{
public:
    /// `nodeTag` is what the ids of this node's sessions begin with.
    Canary(const ConnectedUser::Services &services, prometheus::Registry &registry,
           const QByteArray &nodeTag, std::chrono::milliseconds interval);
    ~Canary() override;

    void start();
    void stop(); ///< both leave; nothing is measured any more

private:
    using Clock = std::chrono::steady_clock;

    rules::Session newSession(const UserId &user) const;
    void tick();
    bool isLate(Clock::time_point since, Clock::duration more = {}) const;

    void speak();
    void hear(const Seen &seen);

    void move();
    void come();
    void cut();
    void notice(const Seen &seen);

    ConnectedUser::Services m_services;
    QByteArray m_nodeTag;
    QByteArray m_id; ///< random: another one for each start
    CanaryMetrics m_metrics;
    QTimer m_timer;

    // The one that stays.
    WatchedUser m_stays;
    std::unique_ptr<ConnectedUser> m_staying; ///< null: not connected
    quint64 m_said = 0; ///< number of the last change, which is its message
    bool m_isHeard = true; ///< that one was delivered, or is not waited for any more
    Clock::time_point m_saidAt;
    Seen m_lastHeard;

    // The one that comes and goes.
    WatchedUser m_moves;
    std::unique_ptr<ConnectedUser> m_moving; ///< null: it was cut off, or has not come
    Clock::time_point m_movedAt; ///< when it came or was cut off
    bool m_isOverdue = false; ///< that this was not seen in time has been counted
    Seen m_lastNoticed;
};

} // namespace presence::canary
