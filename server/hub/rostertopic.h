// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/rosterstate.h"
#include "server/hub/topic.h"
#include "shared/core/result.h"

#include <QBasicTimer>
#include <QDeadlineTimer>
#include <QPointer>

#include <memory>

namespace presence::hub {

/// Reads the whole roster of a topic from Redis.
using RosterSource = std::function<void(Callback<Roster>)>;

struct RosterTimes
{
    std::chrono::milliseconds window; ///< over which changes are merged into one message
    /// That nodes need to tell Redis again what it lost.
    std::chrono::milliseconds collecting;
    /// That a topic is kept after its last receiver has left, so that who comes back, or joins and
    /// leaves all the time, reads nothing.
    std::chrono::milliseconds linger{0};
};

/// A topic whose receivers hold a list that is kept true: `presence_state` at first, then one
/// `presence_diff` a batching window. The snapshot has the "sequence" of the state; every change
/// has its own, and as "previous" that of the message before.
///
/// Keeps the roster of the topic on this shard. Every change carries the next number of the
/// topic's sequence; when one is missing, or after the connection to Redis was lost, the roster
/// is read anew and what differs is sent as a diff. When Redis has lost the roster, nobody leaves
/// for lack of an entry until the nodes have told it again.
class RosterTopic : public QObject, public Topic
{
    Q_OBJECT
public:
    RosterTopic(bus::EventBus &bus, QByteArray name, QByteArray channel, RosterSource source,
                RosterTimes times);

    bool lingers() const override { return true; }
    void subscribed() override;

protected:
    /// The change with number `sequence` has come. True when it is the next one and is to be
    /// applied; else it is old, or waits for the roster to be read.
    bool isNext(quint64 sequence, const QByteArray &payload);
    void set(const UserId &user, const QByteArray &meta);
    /// As an event says that the roster was read after.
    void setAbsent(const UserId &user);
    /// Sends the changes that wait for the end of the window.
    void flush();
    /// `,"sequence":N`: of what receivers were told last.
    QByteArray sequenceTold() const;
    /// `,"previous":N,"sequence":M`, of a message that tells all there is until now.
    QByteArray nextSequence();

    /// Sends what else belongs to a change, besides the diff.
    virtual void announce(const QList<RosterState::Change> &changes) = 0;
    /// The roster was read: what else it holds is taken over.
    virtual void replaced(const Roster &roster) = 0;
    /// A receiver has got its presence_state: what else belongs to it.
    virtual void sendState(Receiver &receiver) = 0;

private:
    /// How m_state stands to the roster in Redis.
    enum class Sync : quint8 {
        Unsubscribed, ///< nothing is heard yet
        Reading, ///< it is being read; events wait in m_held
        Outdated, ///< what is being read may lack what nobody told, and is read again
        Waiting, ///< it could not be read; the next attempt is to come
        Current, ///< m_state follows the sequence without a hole
    };

    void timerEvent(QTimerEvent *event) override;
    void sendSnapshot(Receiver &receiver) override;
    void beginWindow();
    void read();
    void take(const Roster &roster);
    void noteLoss(const Roster &roster);
    void retryLater();

    RosterSource m_source;
    RosterState m_state;
    quint64 m_sequence = 0; ///< of the newest change that was taken in
    quint64 m_since = 0; ///< when the roster that was read last began
    QDeadlineTimer m_collecting; ///< until then it may lack who is there
    QSet<UserId> m_unknown; ///< whom it lacks, and nobody said that they left
    quint64 m_told = 0; ///< of the newest that receivers were told
    Sync m_sync = Sync::Unsubscribed;
    QBasicTimer m_retry; ///< of Sync::Waiting
    QByteArrayList m_held; ///< events that came while the roster was being read
    std::unique_ptr<Broadcast> m_snapshot; ///< presence_state of m_state.shown(), for a window
    QBasicTimer m_window;
    const RosterTimes m_times;
};

/// `workspace:{id}`: also `presence_update` for each user that changed.
class WorkspaceTopic final : public RosterTopic
{
    Q_OBJECT
public:
    WorkspaceTopic(bus::EventBus &bus, const WorkspaceId &workspace, QByteArray channel,
                   RosterSource source, RosterTimes times);

    void received(const QByteArray &payload) override;

private:
    void announce(const QList<RosterState::Change> &changes) override;
    void replaced(const Roster &) override { }
    void sendState(Receiver &) override { }

    WorkspaceId m_workspace;
};

/// `channel:{id}`: the roster is of viewers; also `presence` for each that comes or leaves, and
/// `typing`.
class ChannelTopic final : public RosterTopic
{
    Q_OBJECT
public:
    ChannelTopic(bus::EventBus &bus, const ChannelId &channel, QByteArray pubSubChannel,
                 RosterSource source, RosterTimes times);

    void received(const QByteArray &payload) override;

private:
    void announce(const QList<RosterState::Change> &changes) override;
    void replaced(const Roster &roster) override;
    void sendState(Receiver &receiver) override;
    void setTyping(const UserId &user, bool isTyping);

    QSet<UserId> m_typing;
};

} // namespace presence::hub
