// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"

#include <QSet>

#include <chrono>
#include <optional>

namespace presence::auth {

/// Who makes a request, and what it may do. Made from a verified token only.
struct Caller
{
    UserId user;
    bool isAdmin = false; ///< scope admin: sees and changes everything
    bool isObserver = false; ///< scope admin:read: sees everything, changes nothing but its own
    bool isService = false; ///< scope service: acts for any user, sees what others see
    std::optional<QSet<WorkspaceId>> workspaces; ///< nothing: all
    std::optional<QSet<ChannelId>> channels; ///< nothing: all
    std::chrono::milliseconds issuedAt{0}; ///< since the epoch; 0: the token does not say
    std::chrono::sys_seconds expiresAt = std::chrono::sys_seconds::max();

    bool isUser(const UserId &id) const { return user == id; }
    bool mayActFor(const UserId &id) const { return isUser(id) || isAdmin || isService; }
    /// Whether it sees what operators see.
    bool seesAll() const { return isAdmin || isObserver; }
    /// Whether the truth about an invisible user is told.
    bool seesTruthOf(const UserId &id) const { return isUser(id) || seesAll(); }
    /// Whether it has no rates.
    bool isTrusted() const { return seesAll() || isService; }
    bool mayEnter(const WorkspaceId &id) const
    {
        return seesAll() || !workspaces || workspaces->contains(id);
    }
    bool mayEnter(const ChannelId &id) const
    {
        return seesAll() || !channels || channels->contains(id);
    }
};

} // namespace presence::auth
