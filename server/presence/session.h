// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"

#include <QSet>

#include <chrono>
#include <optional>

namespace presence::rules {

/// All that is known of one connection of a device, or of the REST calls of one: what Redis has to
/// hold of it, and can be told again when it was lost.
struct Session
{
    UserId user;
    DeviceId device;
    SessionId id; ///< unique among the sessions of the user
    std::optional<WorkspaceId> workspace;
    std::optional<bool> isIdle; ///< nothing: as the device was, active at first
    /// That it looks at or types in, and perhaps some that it has left.
    QSet<ChannelId> channels;
    /// The client-held status, as UserPresence::clientHeld; or what restore_heard() in
    /// resources/lua/user/lib.lua takes, which is no knowledge of the status.
    QByteArray clientHeld;
    qint64 clientHeldAt = 0; ///< revision of the user then; 0: it does not know the status
    QByteArray kind; ///< of the device, as it says; "" when its id says it, or nothing does
    qint64 startedAt = 0; ///< us since the epoch, by Redis' clock; 0: not known
    /// Since the epoch: when the token was issued that the device brought; 0: not known.
    std::chrono::milliseconds tokenIssuedAt{0};
    std::optional<bool> lastIdle; ///< as it is now, in case Redis loses it; nothing: not known
    /// It hears what is told to the user's connections, and no other one on this shard does.
    bool isOnlyListener = false;
    /// A new one, which looks at what the last connection of its device looked at, if that ended
    /// within the grace.
    bool isReturning = false;
};

/// What the ids of REST sessions begin with.
inline constexpr char kRestSessionPrefix[] = "rest:";

inline SessionId restSession(const DeviceId &device)
{
    return SessionId(kRestSessionPrefix + device.bytes());
}

} // namespace presence::rules
