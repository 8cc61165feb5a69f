// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"

#include <vector>

namespace presence::redis {

/// The names of all keys and Pub/Sub channels in Redis, and nothing else's.
///
/// On a single Redis the names are those that other services read. In a cluster the identifier is
/// wrapped in braces, so that the keys of one user, workspace or channel share a slot.
class KeySpace
{
public:
    enum class HashTags : quint8 { None, Braces };
    explicit KeySpace(HashTags tags = HashTags::None) : m_tags(tags) { }

    /// The first of user().
    QByteArray userHash(const UserId &user) const;
    /// The keys of a user's scripts, in the order that resources/lua/user/lib.lua gives.
    std::vector<QByteArray> user(const UserId &user) const;
    /// As resources/lua/workspace/put.lua.
    std::vector<QByteArray> workspace(const WorkspaceId &workspace) const;
    /// As resources/lua/channel/lib.lua.
    std::vector<QByteArray> channel(const ChannelId &channel) const;

    QByteArray node(const QByteArray &name) const;

    // Pub/Sub, one channel a user, workspace or channel: a node subscribes to what it watches.
    QByteArray userEvents(const UserId &user) const;
    QByteArray selfEvents(const UserId &user) const; ///< for the user's own connections
    QByteArray workspaceEvents(const WorkspaceId &workspace) const;
    QByteArray channelEvents(const ChannelId &channel) const;

    // Pub/Sub for other services: every change there is.
    static constexpr char kUpdates[] = "presence:updates";
    static constexpr char kStatus[] = "presence:status";
    static constexpr char kTyping[] = "presence:typing";

    static constexpr char kStatusExpiry[] = "presence:status_expiry";
    // Indexes: they say where to look, the keys of the user or channel say what is true.
    static constexpr char kUserIndex[] = "presence:index:users"; ///< zset user -> next check (s)
    static constexpr char kChannelIndex[]
        = "presence:index:channels"; ///< zset channel -> next check
    static constexpr char kWorkspaces[] = "presence:workspaces"; ///< zset workspace -> users online
    static constexpr char kTypingCounts[]
        = "presence:typing_counts"; ///< zset channel -> users typing
    static constexpr char kVisible[]
        = "presence:visible"; ///< zset user that others see online -> until when (s)
    static constexpr char kNodes[] = "presence:nodes"; ///< zset node -> last sign of life (s)
    static constexpr char kSweeper[] = "presence:sweeper"; ///< string: the node that sweeps

private:
    QByteArray tagged(const QByteArray &id) const;

    HashTags m_tags;
};

} // namespace presence::redis
