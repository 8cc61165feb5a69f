// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/channelpresence.h"
#include "server/presence/presencetracker.h"
#include "server/presence/regularheartbeat.h"

#include <QObject>
#include <QSet>
#include <QTimer>

#include <atomic>

namespace presence::rules {

class HeartbeatScheduler;

/// A device whose connection is open on this shard. Owned by its connection; leaves the scheduler
/// when it is destroyed.
class TrackedDevice
{
public:
    explicit TrackedDevice(Session itsSession) : session(std::move(itsSession)) { }
    ~TrackedDevice();
    Q_DISABLE_COPY_MOVE(TrackedDevice)

    Session session;
    QSet<ChannelId> viewed; ///< channels that it looks at; announced when it is not hidden
    /// Channels that it looks at no more, of which Redis could not be told: it is told again.
    QSet<ChannelId> left;
    QByteArray before; ///< as AnnouncedSession::before
    bool isHidden = false; ///< the user is invisible: in no list, no viewer
    qint64 revision = 0; ///< of the user, the newest that the session knows

    /// Redis could not be told that it left `channel`, because of `error`.
    void noteLeft(const ChannelId &channel, const Error &error);

private:
    friend class HeartbeatScheduler;
    HeartbeatScheduler *m_scheduler = nullptr;
    qsizetype m_slot = 0;
    /// When the sweeper looks at the user (us since the epoch), as last known. With a mark, as
    /// this node has written it, or is about to.
    qint64 m_due = 0;
    qsizetype m_index = 0;
};

/// Refreshes every tracked device once a heartbeat interval, spread evenly over the interval and
/// batched. Nothing is broadcast. Where the sweeper would look at a user soon, the heartbeat says
/// that nothing is to be looked at yet. Belongs to one thread.
///
/// Heartbeats go over a connection to Redis of their own, and wait behind nothing that is read.
/// They may overtake what clients do, or come late: they keep what is there and bring nothing back.
/// What Redis has lost is said again by `tracker` and `channels`, in order with what the clients
/// do; so is which channels they have left, when it could not be told.
class HeartbeatScheduler : public QObject
{
    Q_OBJECT
public:
    /// `store` has the connection for the refreshes.
    HeartbeatScheduler(const Store &store, PresenceTracker &tracker, ChannelPresence &channels,
                       QObject *parent = nullptr);
    ~HeartbeatScheduler() override;

    void track(TrackedDevice &device);
    void untrack(TrackedDevice &device);
    /// As untrack, for a device that may not be tracked.
    void forget(TrackedDevice &device);
    qsizetype count() const { return m_count; } ///< of clients; from any thread

    /// Some devices were not refreshed when they should have been: Redis was away or refused it, or
    /// this thread was held up. From any thread.
    bool isBehind() const;
    /// Heartbeats of devices without a WebSocket were refused lately. From any thread.
    bool isRefusing() const;
    /// What became of the heartbeat of a device without a WebSocket.
    void noteOther(const Result<UserTransition> &transition);

Q_SIGNALS:
    /// `count` devices were refreshed, or were not because Redis is away.
    void refreshed(int count, bool ok);

private:
    struct Turn;
    using TurnPtr = std::shared_ptr<Turn>;

    using Clock = std::chrono::steady_clock;
    /// Devices that have their turn together.
    struct Slot
    {
        QList<TrackedDevice *> devices;
        Clock::time_point refreshedAt; ///< all of them
    };

    void tick();
    void noteOldest();
    void refreshUsers(qsizetype slot);
    void refreshWorkspaces(const Turn &turn);
    void refreshChannels(qsizetype slot);
    void leaveAgain(qsizetype slot);
    void enterAgain(qsizetype slot, const ChannelId &channel,
                    const ChannelPresence::Missing &missing);
    void beatAll(const TurnPtr &turn);
    void beat(const TurnPtr &turn, const std::vector<UserId> &users);
    QByteArray hasArchive() const;
    void refreshUser(const TurnPtr &turn, const UserId &user, const QList<SessionId> &sessions);
    void userRefreshed(Turn &turn, const UserId &user, qsizetype count,
                       const QByteArray &published);
    void takeCheck(Turn &turn, const UserId &user, qint64 check);
    void raiseChecks(Turn &turn);
    void acknowledge(qsizetype slot, const std::vector<DueQueue::Checked> &checked);
    void raise(qsizetype slot, const DueQueue::Checked &checked,
               const std::vector<QByteArray> &members);
    QSet<QByteArray> noteVisible(const QHash<QByteArray, qint64> &checks,
                                 const Result<std::vector<QByteArray>> &raised);
    void forgetDue(qsizetype slot, const QSet<QByteArray> &users);
    void userFailed(Turn &turn, qsizetype count, const Error &error);
    void userAnswered(Turn &turn);
    TrackedDevice *find(qsizetype slot, const UserId &user, const SessionId &session) const;
    void announceAgain(qsizetype slot, const UserId &user, const SessionId &session);

    const Store &m_store;
    PresenceTracker m_refreshedUsers;
    DueQueue m_due;
    RegularHeartbeat m_regular;
    ChannelPresence m_refreshedChannels;
    PresenceTracker &m_tracker;
    ChannelPresence &m_channels;
    QTimer m_timer;
    std::vector<Slot> m_slots;
    qsizetype m_current = 0;
    std::atomic<Clock::time_point> m_oldest; ///< refresh
    /// A heartbeat of a device without a WebSocket.
    std::atomic<Clock::time_point> m_refused = Clock::now() - std::chrono::hours(1);
    std::atomic<qsizetype> m_count = 0;
};

} // namespace presence::rules
