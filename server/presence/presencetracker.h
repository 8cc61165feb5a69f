// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/usersteps.h"
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
    explicit PresenceTracker(const Store &store) : m_store(store), m_steps(store) { }

    /// A device is here, in `workspace` or in none; a device that was in another one moves.
    /// The step tells what the user chose to be.
    /// `session` speaks for the device from now on.
    void heartbeat(const UserId &user, const DeviceId &device, const SessionId &session,
                   const std::optional<WorkspaceId> &workspace, Callback<UserStep> done);

    /// The session is over. Its device counts as live for offlineGrace; nothing happens when
    /// another session speaks for the device by now.
    void disconnect(const UserId &user, const DeviceId &device, const SessionId &session,
                    Callback<void> done);

    /// A device is signed off: gone at once, and its connections are told to close.
    void signOff(const UserId &user, const DeviceId &device, Callback<void> done);

    void setStatus(const UserId &user, const StatusChange &change, Callback<UserStep> done);

    /// Back to online, without message and emoji.
    void clearStatus(const UserId &user, Callback<UserStep> done);

    void getPresence(const UserId &user, Viewer viewer, Callback<UserPresence> done) const;

    /// In the order of `users`.
    void getBulkPresence(const std::vector<UserId> &users, Viewer viewer,
                         Callback<std::vector<UserPresence>> done) const;

    void getOnlineUsers(const WorkspaceId &workspace, int limit, int offset,
                        Callback<OnlinePage> done) const;

    void readWorkspace(const WorkspaceId &workspace, Callback<Roster> done) const;

    /// Says that users whose devices are live in `workspace` are still there. Entries that were
    /// lost are written again.
    void refreshWorkspace(const WorkspaceId &workspace, const std::vector<UserId> &users);

    /// Shows a user once more where it should be shown, after an entry was lost.
    void repair(const UserId &user, std::function<void()> done);

private:
    void leave(const UserId &user, const DeviceId &device, const SessionId &session,
               std::chrono::seconds grace, Callback<void> done);
    void tellOwnConnections(const UserId &user, const QByteArray &what);

    const Store &m_store;
    UserSteps m_steps;
};

} // namespace presence::rules
