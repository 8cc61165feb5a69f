// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"
#include "shared/model/status.h"

#include <QByteArray>

#include <chrono>
#include <optional>
#include <vector>

namespace presence {

/// Seconds since the epoch by the clock of the Redis server, which is the only clock of presence.
using Timestamp = std::chrono::sys_seconds;

/// One client of a user that is live.
struct Device
{
    DeviceId id;
    Timestamp lastHeartbeat;
    friend bool operator==(const Device &, const Device &) = default;
};

/// The view of a user that was never there.
inline constexpr char kNobody[]
    = R"("status":"offline","custom_message":null,"emoji":null,"expires_at":null,"kinds":[])";

/// A user as one particular reader may see it.
struct UserPresence
{
    UserId user;
    /// status, custom_message and emoji: members of a JSON object, without its braces. As Redis
    /// has it and as it goes out; nobody in between needs to look into it.
    QByteArray view;
    std::optional<Timestamp> lastSeen; ///< nothing for a user that was never here
    std::vector<Device> devices;
    qint64 revision = 0; ///< grows with every change that a watcher sees
    /// Workspaces that it is shown in, else those that it was shown in last, separated by spaces.
    /// Only where workspaces are isolated.
    QByteArray places;
    // Only for the user itself and an admin.
    Status chosen = Status::Online; ///< what the user chose to be
    qint64 leftAt = 0; ///< the revision at which it left its channels because nobody may see it
    QByteArray
        clientHeld; ///< the chosen status, to be given back should Redis lose it; "" for none
    friend bool operator==(const UserPresence &, const UserPresence &) = default;
};

/// Who reads: the user itself and an admin see the truth, everybody else an invisible user as
/// offline.
enum class Viewer : quint8 { Other, SelfOrAdmin };

/// Which rows of a list.
struct Page
{
    int limit = 0; ///< rows
    int offset = 0; ///< rows
    std::optional<UserId> after; ///< the last of the page before, instead of an offset
};

/// A page of a workspace's online list, by user id. `total` counts the whole list.
struct OnlinePage
{
    struct Row
    {
        UserId user;
        Timestamp lastHeartbeat;
    };
    std::vector<Row> rows;
    qint64 total = 0;
    int limit = 0;
    int offset = 0;
    std::optional<UserId> next; ///< for the next page: whom to go on after; nothing after the last
};

/// A page of the viewers or typists of a channel, by user id. `total` counts the whole list.
struct UserPage
{
    std::vector<UserId> users;
    qint64 total = 0;
    size_t read = 0; ///< rows that Redis had to read for it
    std::optional<UserId> next; ///< as in OnlinePage
};

} // namespace presence
