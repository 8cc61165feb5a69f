// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/session.h"

#include <chrono>

namespace presence::rules {

/// What the fields of a user's hash begin with that are sessions; their id follows.
inline constexpr char kSessionField[] = "session:";
/// Of a session's deadline that the regular heartbeat has written, and of its channels.
inline constexpr char kUntilField[] = "until:";
inline constexpr char kChannelsField[] = "channels:";

/// A session as resources/lua/user/lib.lua writes it.
struct StoredSession
{
    /// Nothing for what is none. `until` is what the field with its later deadline says.
    static std::optional<StoredSession> parse(const QByteArray &text, const QByteArray &until = {});

    std::chrono::sys_time<std::chrono::milliseconds> deadline; ///< over then, unless refreshed
    std::chrono::sys_time<std::chrono::microseconds> started;
    bool isIdle = false;
    bool hasEnded = false; ///< its connection has; the deadline is that of the grace
    DeviceId device;
    std::optional<WorkspaceId> workspace;
};

/// What a heartbeat has to know of a session whose connection is open.
struct LiveSession
{
    /// Nothing for all others.
    static std::optional<LiveSession> parse(const QByteArray &text);

    QByteArray device;
    std::chrono::sys_time<std::chrono::milliseconds> deadline; ///< as in StoredSession
};

} // namespace presence::rules
