// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/events.h"
#include "server/presence/origin.h"
#include "server/presence/recaller.h"
#include "server/presence/session.h"
#include "server/presence/usertransitions.h"
#include "server/redis/replies.h"
#include "shared/model/roster.h"
#include "shared/model/statuschange.h"
#include "shared/model/userpresence.h"

#include <optional>

namespace presence::rules {

/// Devices, statuses and who is online: what a user is, and what others see of it.
///
/// Belongs to one thread. Callbacks come on that thread; on ErrorCode::Unavailable nothing was
/// done or it was done whole, and doing it again is harmless.
class PresenceTracker
{
public:
    explicit PresenceTracker(const Store &store)
        : m_store(store), m_transitions(store), m_recaller(store, m_transitions)
    {
    }

    /// A session is here, or is not any more as it was. A device whose newest session is in
    /// another workspace moves. The transition tells whether others see the user, and the revision
    /// with which the session may enter its channels. ErrorCode::RateLimited: too many devices;
    /// Forbidden: the device was signed off. With Want::State the transition has what the user is,
    /// as its own connections are told.
    enum class Want : quint8 { Step, State };
    void announce(const Session &session, Callback<UserTransition> done, Want want = Want::Step);

    /// The session's connection is gone. It counts as live for offlineGrace, and for `longer` when
    /// there is a grace at all. It looked at `viewed`, as the next one of its device may; nothing:
    /// at what it has taken over. In a cluster it is said again where it looked at something, until
    /// it is heard or VIEW_TTL is over.
    void disconnect(const Session &session, const std::optional<QSet<ChannelId>> &viewed,
                    std::chrono::milliseconds longer, Callback<void> done);

    /// A session that nobody keeps alive is over. Others of its device stay, and so does the
    /// session itself when it was refreshed since it had `deadline` (since the epoch). `by`: as
    /// Origin has it.
    void forgetSession(const UserId &user, const SessionId &session,
                       std::chrono::milliseconds deadline, const QByteArray &by,
                       Callback<void> done);

    /// A device, or with an empty id each device of the user, is signed off: gone at once, its
    /// connections are told to close, and it is refused until its token is one that was issued
    /// later than that, or than `hold` after it. What was held before is not shortened.
    /// `by`: as Origin has it.
    void signOff(const UserId &user, const DeviceId &device, Callback<void> done,
                 const QByteArray &by = {}, std::chrono::seconds hold = std::chrono::seconds(0));

    /// Until when (since the epoch) tokens of such a device, or of all, may have been issued and
    /// are refused; nothing where none are, or Redis has forgotten it.
    void getSignedOff(const UserId &user, const DeviceId &device,
                      Callback<std::optional<std::chrono::milliseconds>> done) const;

    void setStatus(const UserId &user, const StatusChange &change, Callback<UserTransition> done,
                   const Origin &origin = {});

    /// Back to online, without message and emoji.
    void clearStatus(const UserId &user, Callback<UserTransition> done, const Origin &origin = {});

    void getPresence(const UserId &user, Viewer viewer, Callback<UserPresence> done) const;

    /// In the order of `users`, each as `viewerOf` says; without devices.
    void getBulkPresence(const std::vector<UserId> &users,
                         const std::function<Viewer(const UserId &)> &viewerOf,
                         Callback<std::vector<UserPresence>> done) const;

    /// What watchers of a user were told last.
    void readSeen(const UserId &user, Callback<bus::UserEvent> done) const;

    void getOnlineUsers(const WorkspaceId &workspace, const Page &page,
                        Callback<OnlinePage> done) const;

    void readWorkspace(const WorkspaceId &workspace, Callback<Roster> done) const;

    /// Of each workspace, users -> revision of what was told of them last, "0" when it is not
    /// known.
    using WorkspaceUsers = QHash<WorkspaceId, QHash<UserId, QByteArray>>;

    /// Says that users whose devices are live in these workspaces are still there. Entries that
    /// were lost, or are older than that, are written again. `now` by the clock of the only server
    /// that there is; else each is asked.
    void refreshWorkspaces(const WorkspaceUsers &workspaces, std::optional<redis::Time> now = {});

    /// Shows a user once more where it should be shown, after an entry was lost.
    void repair(const UserId &user, std::function<void()> done);

    /// Tells the user's own connections, on all nodes.
    void tellOwnConnections(const UserId &user, const bus::ControlEvent &event);

private:
    void refreshWorkspace(const redis::WorkspaceKeys &keys, const QHash<UserId, QByteArray> &users,
                          std::optional<redis::Time> now);
    void refreshOnline(const QByteArray &online, const std::vector<UserId> &users, redis::Time now);
    void announce(const Session &session, Callback<UserTransition> done, Want want,
                  bool asksArchive);

    /// A session whose connection is gone.
    struct Ended
    {
        using Clock = std::chrono::steady_clock;
        Session session;
        std::optional<QSet<ChannelId>> viewed;
        std::chrono::milliseconds grace; ///< from `at` on
        Clock::time_point at;
    };
    void disconnect(const Ended &ended, std::chrono::seconds retry, Callback<void> done);
    enum class Archive : quint8 { Ask, Asked, Away };
    void setStatus(const UserId &user, const StatusChange &change, const Origin &origin,
                   Archive archive, Callback<UserTransition> done);
    void readUser(const UserId &user, const QByteArray &how, int pauses,
                  Callback<UserPresence> done) const;
    void askConnections(const UserId &user) const;
    void readSeen(const UserId &user, bool asksArchive, Callback<bus::UserEvent> done) const;
    void readBulk(const std::vector<UserId> &users,
                  const std::function<Viewer(const UserId &)> &viewerOf,
                  Callback<std::vector<UserPresence>> done) const;

    const Store &m_store;
    UserTransitions m_transitions;
    mutable Recaller m_recaller; ///< what is read is put back
};

} // namespace presence::rules
