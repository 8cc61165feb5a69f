// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/events.h"
#include "server/presence/channeltransitions.h"
#include "server/presence/duequeue.h"
#include "shared/model/status.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace presence::rules {

/// Of a session that was announced.
struct AnnouncedSession
{
    QByteArray state; ///< a bus::ControlEvent, what the user is, when it was asked for
    qint64 startedAt = 0; ///< as Session::startedAt
    bool isIdle = false;
    std::vector<ChannelId> takenOver; ///< as Session::isReturning
    qint64 deadline = 0; ///< ms since the epoch
    /// Ids of sessions of its device that have ended, as Session::isReturning, separated by spaces.
    QByteArray before;
};

/// What a script on a user's keys returns: see reconcile() in resources/lua/user/reconcile.lua.
struct UserTransition
{
    qint64 revision = 0; ///< of the user, as this transition left it
    bool changed = false; ///< others see something new
    bool stays = false; ///< online before and after a change: the user sees itself change, too
    bool online = false; ///< others see the user online
    QByteArray view; ///< what others see: JSON without braces
    std::vector<WorkspaceId> enter;
    std::vector<WorkspaceId> leave; ///< on one server, those that refused it
    std::vector<WorkspaceId> refused; ///< to be entered, on one server
    qint64 nextCheck = 0; ///< ms since the epoch, 0 for none
    Status status = Status::Online; ///< as the user chose it
    /// Of the status, since the epoch, 0 for none; nothing when it is what it was.
    std::optional<std::chrono::seconds> newEnd;
    AnnouncedSession announced;
    qint64 published = 0; ///< revision of what was published last
    int transitions
        = 0; ///< with this one, how often the user came or went lately; 0: it did neither
    /// Redis has lost the user, and not all of its connections have said what they know.
    bool isUnconfirmed = false;
    /// Sessions that are over, or all of a user that nobody may see, and the channels of each,
    /// separated by spaces: they have to be left.
    std::vector<std::pair<SessionId, QByteArray>> leaving;

    static Result<UserTransition> from(const redis::Reply &reply);
};

/// Runs a change of one user to its end: the user's own function, then what it means for channels,
/// workspaces and due queues. Where all keys are on one server the function does the latter two
/// itself (resources/lua/user/follow.lua); in a cluster they live on other slots, and a crash in
/// between leaves work that heartbeats and the sweeper find and finish.
class UserTransitions
{
public:
    explicit UserTransitions(const Store &store)
        : m_store(store), m_channels(store), m_due(store, redis::KeySpace::kDueUsers)
    {
    }

    /// `arguments` are those from ARGV[7] on. `done` is called when channels and workspaces show it
    /// too, with the last transition. `which` users the sweeper is to finish with should this node
    /// not live to do it: for the rest it does so when their next check is due anyway. None: the
    /// transition changes nothing about when that is.
    void change(const redis::Script &script, const UserId &user, std::vector<QByteArray> arguments,
                DueQueue::Which which, Callback<UserTransition> done);

    /// The same for the sweeper. `due` is when the user was due, as the queue has it; empty when
    /// that was not why it is looked at. On one server the queue hears that it was, else the caller
    /// says so.
    void check(const UserId &user, std::vector<QByteArray> arguments, const QByteArray &due,
               Callback<UserTransition> done);

    /// Takes the user out of a workspace that it was left in by mistake.
    void removeFrom(const WorkspaceId &workspace, const UserId &user,
                    const UserTransition &transition, std::function<void()> done);

    /// Tells the user's own connections, on all nodes. What the user is they hear from the scripts.
    void tellOwnConnections(const UserId &user, const bus::ControlEvent &event);

private:
    /// A transition whose consequences elsewhere are under way.
    struct Following
    {
        UserId user;
        UserTransition transition;
        Callback<UserTransition> done;
        QByteArray due = {}; ///< as check()
        size_t left = 0; ///< calls that are not answered yet
        bool isBehind = false; ///< one of them failed
    };
    using FollowingPtr = std::shared_ptr<Following>;

    /// Where all is on one server, what the function does with the due queue.
    struct Due
    {
        bool isKept = false;
        QByteArray since = {}; ///< as check()
    };
    void run(const redis::Script &script, const UserId &user, std::vector<QByteArray> arguments,
             const Due &due, Callback<UserTransition> done);
    void follow(const UserId &user, UserTransition transition, const QByteArray &due,
                Callback<UserTransition> done);
    void show(const FollowingPtr &following);
    void shown(const FollowingPtr &following);
    void leaveChannels(const FollowingPtr &following);
    void channelsLeft(const FollowingPtr &following);
    void count(const UserId &user, const UserTransition &transition);
    void copyEnd(const UserId &user, std::chrono::seconds end);
    void noteFlapping(const UserId &user);
    void put(const WorkspaceId &workspace, const UserId &user, const UserTransition &transition,
             QByteArray action, std::function<void()> done);
    static void put(const Store &store, const WorkspaceId &workspace,
                    std::vector<QByteArray> arguments, std::chrono::seconds retry,
                    std::function<void()> done);

    const Store &m_store;
    ChannelTransitions m_channels;
    DueQueue m_due;
};

} // namespace presence::rules
