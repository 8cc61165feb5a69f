// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/status.h"

#include <functional>
#include <memory>

namespace presence::rules {

/// What a script on a user's keys returns: see settle() in resources/lua/user/lib.lua.
struct UserStep
{
    QByteArray revision;
    bool changed = false; ///< others see something new
    bool online = false; ///< others see the user online
    QByteArray view; ///< what others see: JSON without braces
    std::vector<WorkspaceId> enter;
    std::vector<WorkspaceId> leave;
    qint64 nextCheck = 0; ///< s since the epoch, 0 for none
    Status status = Status::Online; ///< as the user chose it
    qint64 expiresAt = 0; ///< end of the status, s since the epoch, 0 for none

    static Result<UserStep> from(const redis::Reply &reply);
};

/// Runs a change of one user to its end: the user's own script, then what it means for the
/// workspaces and indexes, which live on other slots. A crash between the two leaves work that
/// heartbeats and the sweeper find and finish.
class UserSteps
{
public:
    explicit UserSteps(const Store &store) : m_store(store) { }

    /// `arguments` are those from ARGV[5] on. `done` is called when the workspaces show it too.
    void run(const redis::Script &script, const UserId &user, std::vector<QByteArray> arguments,
             Callback<UserStep> done);

    /// Takes the user out of a workspace that it was left in by mistake.
    void removeFrom(const WorkspaceId &workspace, const UserId &user, const UserStep &step,
                    std::function<void()> done);

private:
    void follow(const UserId &user, UserStep step, Callback<UserStep> done);
    void updateIndexes(const UserId &user, const UserStep &step, std::function<void()> done);
    void put(const WorkspaceId &workspace, const UserId &user, const UserStep &step,
             QByteArray action, std::function<void()> done);

    const Store &m_store;
};

} // namespace presence::rules
