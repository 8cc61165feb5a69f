// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/deployment.h"
#include "shared/core/strongid.h"

#include <optional>
#include <vector>

namespace presence::redis {

using Qt::Literals::StringLiterals::operator""_ba;

/// What is stored of a user; resources/lua/user/lib.lua has what is in each.
struct UserKeys
{
    QByteArray hash; ///< all that is known of it
    QByteArray devices; ///< zset
    QByteArray changes; ///< list
    QByteArray statusExpiry; ///< zset of all users; empty where it may be on another server

    std::vector<QByteArray> all() const
    {
        return statusExpiry.isEmpty() ? std::vector{hash, devices, changes}
                                      : std::vector{hash, devices, changes, statusExpiry};
    }
};

/// What is stored of a workspace; resources/lua/workspace/put.lua has what is in each, and
/// resources/lua/user/follow.lua names them, too.
struct WorkspaceKeys
{
    QByteArray online; ///< zset
    QByteArray roster; ///< hash
    QByteArray left; ///< zset
    QByteArray order; ///< zset

    std::vector<QByteArray> all() const { return {online, roster, left, order}; }
};

/// What is stored of a channel; resources/lua/channel/lib.lua has what is in each.
struct ChannelKeys
{
    QByteArray viewers; ///< zset
    QByteArray roster; ///< hash
    QByteArray viewSessions; ///< hash
    QByteArray typing; ///< set
    QByteArray typingEnds; ///< zset
    QByteArray typingSessions; ///< hash
    QByteArray left; ///< zset

    std::vector<QByteArray> all() const
    {
        return {viewers, roster, viewSessions, typing, typingEnds, typingSessions, left};
    }
};

/// The names of all keys and Pub/Sub channels in Redis, and nothing else's.
///
/// On a single Redis the names are those that other services read. In a cluster the identifier is
/// wrapped in braces, so that the keys of one user, workspace or channel share a slot.
class KeySpace
{
public:
    enum class HashTags : quint8 { None, Braces };
    explicit KeySpace(HashTags tags = HashTags::None) : m_tags(tags) { }
    /// As the deployment needs it.
    explicit KeySpace(const Deployment &deployment)
        : KeySpace(deployment.kind == Deployment::Kind::Cluster ? HashTags::Braces : HashTags::None)
    {
    }

    /// Keys of several users may be in one call.
    bool isOnOneServer() const { return m_tags == HashTags::None; }

    /// UserKeys::hash alone.
    QByteArray userHash(const UserId &user) const;
    QByteArray userSignedOff(const UserId &user) const;
    /// string: the archive is asked for the user, or knows nothing of it.
    QByteArray recalled(const UserId &user) const;
    UserKeys user(const UserId &user) const;
    WorkspaceKeys workspace(const WorkspaceId &workspace) const;
    ChannelKeys channel(const ChannelId &channel) const;

    /// zset: the viewers of a channel in the order of their ids, while somebody reads pages
    QByteArray viewOrder(const ChannelId &channel) const;

    /// The id of the user whose hash has this key, and of the channel whose roster has it; nothing
    /// for other hashes.
    std::optional<QByteArray> userIn(const QByteArray &key) const;
    std::optional<QByteArray> channelIn(const QByteArray &key) const;

    QByteArray node(const QByteArray &name) const;
    /// What the ids of a node's sessions begin with, before a '-': so it is known whose they are.
    static QByteArray nodeTag(const QByteArray &name);

    /// kBehindNodes; in a cluster also a copy beside kDueUsers: whoever can sweep can read it.
    std::vector<QByteArray> behindNodes() const;

    /// kRecorder; in a cluster one beside kFigures.
    QByteArray recorder() const;

    /// stream of what happens to users: one, or in a cluster kStreamShards, of which each user has
    /// one on the same server.
    QByteArray changeStream(int shard) const;
    int changeStreams() const { return m_tags == HashTags::None ? 1 : kStreamShards; }
    static constexpr int kStreamShards = 64;

    // Pub/Sub, one channel a user, workspace or channel: a node subscribes to what it watches.
    QByteArray userEvents(const UserId &user) const;
    QByteArray controlEvents(const UserId &user) const; ///< for the user's own connections
    QByteArray workspaceEvents(const WorkspaceId &workspace) const;
    QByteArray channelEvents(const ChannelId &channel) const;

    // Pub/Sub for other services: every change there is.
    static inline const QByteArray kUpdates = "presence:updates"_ba;
    static inline const QByteArray kStatus = "presence:status"_ba;
    static inline const QByteArray kTyping = "presence:typing"_ba;
    /// Pub/Sub: what operators do
    static inline const QByteArray kCommands = "presence:commands"_ba;

    /// zset user -> when the status reverts (s)
    static inline const QByteArray kStatusExpiry = "presence:status_expiry"_ba;
    // Indexes: they say where to look, the keys of the user or channel say what is true.
    /// zset user -> next check (s)
    static inline const QByteArray kDueUsers = "presence:index:users"_ba;
    /// zset channel -> next check (s)
    static inline const QByteArray kDueChannels = "presence:index:channels"_ba;
    /// zset workspace -> users online
    static inline const QByteArray kWorkspaces = "presence:workspaces"_ba;
    /// zset channel -> users typing
    static inline const QByteArray kTypingCounts = "presence:typing_counts"_ba;
    /// zset user that others see online -> until when (s)
    static inline const QByteArray kVisible = "presence:visible"_ba;
    /// zset user that comes and goes again and again -> until when that is worth a look (s)
    static inline const QByteArray kFlapping = "presence:flapping"_ba;
    /// list: totals and rates of the cluster as JSON, one each 10 s, the newest first
    static inline const QByteArray kFigures = "presence:figures"_ba;
    /// list: what they were in each two minutes of a day as JSON, the newest first
    static inline const QByteArray kDayFigures = "presence:figures:day"_ba;
    /// string: the node that adds to them
    static inline const QByteArray kRecorder = "presence:figures:recorder"_ba;
    /// stream: what happened to the cluster; resources/lua/node/incident.lua has what is in it
    static inline const QByteArray kIncidents = "presence:incidents"_ba;
    /// stream: what operators did, apart, so that it takes no room from the others
    static inline const QByteArray kOperatorIncidents = "presence:incidents:operators"_ba;
    /// hash: what was told last, by what it is of; in a cluster at the same server
    static inline const QByteArray kIncidentStates = "presence:{presence:incidents}:states"_ba;
    /// string: the node that looks whether something happened
    static inline const QByteArray kIncidentWatcher = "presence:incidents:watcher"_ba;
    /// hash joins, events, deliveries, messages -> how many there were, of all nodes
    static inline const QByteArray kTotals = "presence:totals"_ba;
    /// zset node -> last sign of life (s)
    static inline const QByteArray kNodes = "presence:nodes"_ba;
    /// zset tag of a node that cannot refresh its sessions -> until when they do not expire (s)
    static inline const QByteArray kBehindNodes = "presence:nodes:behind"_ba;
    /// string, and sharded Pub/Sub channel, of no meaning: whether Redis can be written to
    static inline const QByteArray kProbe = "presence:probe"_ba;
    /// hash: the node that sweeps, and until when
    static inline const QByteArray kSweeper = "presence:sweeper:lease"_ba;
    /// string: the format of the data, as the newest daemon writes it
    static inline const QByteArray kFormat = "presence:format"_ba;
    /// zset: consumer group of the change streams -> until when changes are kept for it (s)
    static inline const QByteArray kStreamConsumers = "presence:stream:consumers"_ba;
    /// string, of no meaning: another one when Redis has lost everything
    static inline const QByteArray kEpoch = "presence:mark"_ba;

private:
    QByteArray tagged(const QByteArray &id) const;
    std::optional<QByteArray> idBehind(QByteArrayView prefix, const QByteArray &key) const;

    HashTags m_tags;
};

} // namespace presence::redis
