// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/masterwatch.h"
#include "server/presence/usertransitions.h"

#include <functional>

namespace presence::rules {

/// Takes users out of workspaces whose entries nobody refreshes any more, as a node leaves them
/// that dies between the user and its workspace, and keeps the list of workspaces with how many
/// are in each. Belongs to one thread.
class WorkspaceSweep
{
public:
    /// As Sweeper does it.
    using CheckUser = std::function<void(const UserId &user, const QByteArray &how,
                                         const Callback<UserTransition> &done)>;
    /// It is read which nodes cannot refresh their sessions; `done` when that is known.
    using ReadBehind = std::function<void(const std::function<void()> &done)>;

    WorkspaceSweep(const Store &store, UserTransitions &users, const MasterWatch &masters,
                   ReadBehind readBehind, CheckUser checkUser);

    /// Looks at all whose master has settled.
    void sweep();

private:
    /// With its count in the list of workspaces, as text.
    struct Counted
    {
        WorkspaceId id;
        QByteArray count;
    };
    void sweepAll(const redis::Reply &workspaces);
    void sweep(std::vector<Counted> workspaces);
    void noteCount(const Counted &workspace, qint64 count);
    void sweepEntry(const WorkspaceId &workspace, const UserId &user);

    const Store &m_store;
    UserTransitions &m_users;
    const MasterWatch &m_masters;
    ReadBehind m_readBehind;
    CheckUser m_checkUser;
};

} // namespace presence::rules
