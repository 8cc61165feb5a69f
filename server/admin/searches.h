// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/sessiontext.h"

namespace presence::admin {

/// Sessions that nobody keeps alive, of a part of all users.
struct GhostPage
{
    std::vector<GhostRow> ghosts;
    qint64 examined = 0; ///< users
    QByteArray next; ///< where the next part begins; "" after the last one
};

/// The most active channels, of those whose name contains what was asked for.
struct ChannelPage
{
    std::vector<ChannelRow> channels; ///< the most active first
    qint64 examined = 0;
    bool isComplete = true; ///< false: there are more than are examined
};

/// What operators look for in the whole cluster. Each call does a bounded piece of work. Belongs to
/// one thread.
class Searches
{
public:
    explicit Searches(const rules::Store &store) : m_store(store), m_nodes(store) { }

    /// `cursor` is "" at first. A session is silent when it has missed more than two heartbeats.
    void findGhosts(const QByteArray &cursor, const Callback<GhostPage> &done);

    void findFlapping(const Callback<std::vector<FlappingRow>> &done) const;

    /// `match` is a part of the name, "" for all.
    void findChannels(const QByteArray &match, int limit, const Callback<ChannelPage> &done) const;

private:
    void examine(const std::vector<UserId> &users, const QByteArray &next,
                 const Callback<GhostPage> &done);
    void addGhosts(const UserId &user, const std::vector<redis::Reply> &hash,
                   const SessionReading &with, std::vector<GhostRow> &ghosts) const;
    void countChannels(std::vector<ChannelId> channels, int limit, bool isComplete,
                       const Callback<ChannelPage> &done) const;

    const rules::Store &m_store;
    NodeNames m_nodes;
};

} // namespace presence::admin
