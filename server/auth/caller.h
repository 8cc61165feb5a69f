// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/sight.h"

#include <chrono>

namespace presence::auth {

/// Who makes a request, and what it may do. Made from a verified token only.
struct Caller
{
    UserId user;
    bool isAdmin = false; ///< scope admin: sees and changes everything
    bool isObserver = false; ///< scope admin:read: sees everything, changes nothing but its own
    bool isService = false; ///< scope service: acts for any user, sees what others see
    bool isolates = false; ///< PRESENCE_ISOLATION: workspaces say whom it sees as well
    std::optional<QSet<WorkspaceId>> workspaces; ///< nothing: all
    std::optional<QSet<ChannelId>> channels; ///< nothing: all
    std::chrono::milliseconds issuedAt{0}; ///< since the epoch; 0: the token does not say
    std::chrono::sys_seconds expiresAt = std::chrono::sys_seconds::max();

    bool isUser(const UserId &id) const { return user == id; }
    bool mayActFor(const UserId &id) const { return isUser(id) || isAdmin || isService; }
    /// Who it is when it acts for `id`: "operator:ID", "service:ID", or empty for the user itself.
    QByteArray asActorFor(const UserId &id) const
    {
        if (isUser(id))
            return {};
        return (isAdmin ? "operator:" : "service:") + user.bytes();
    }
    /// Whether it sees and changes only who is shown in its workspaces.
    bool isIsolated() const { return isolates && workspaces; }
    /// Whether it sees what operators of all workspaces see.
    bool seesAll() const { return seesTruth() && !isIsolated(); }
    /// Whether it sees the truth of whom it sees.
    bool seesTruth() const { return isAdmin || isObserver; }
    bool seesTruthOf(const UserId &id) const { return isUser(id) || seesTruth(); }
    Sight sight() const
    {
        return {.self = user,
                .seesTruth = seesTruth(),
                .seesDevices = !isolates,
                .within = isIsolated() ? workspaces : std::nullopt};
    }
    /// Whether it has no rates.
    bool isTrusted() const { return seesTruth() || isService; }
    bool mayEnter(const WorkspaceId &id) const
    {
        return seesAll() || !workspaces || workspaces->contains(id);
    }
    /// A channel is of no workspace, unless its id says so: what is before its last colon.
    bool mayEnter(const ChannelId &id) const
    {
        if (seesAll() || (!channels && !isIsolated()))
            return true;
        if (channels)
            return channels->contains(id);
        const qsizetype colon = id.bytes().lastIndexOf(':');
        return colon > 0 && workspaces->contains(WorkspaceId(id.bytes().first(colon)));
    }
};

} // namespace presence::auth
