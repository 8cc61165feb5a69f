// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/namesearch.h"
#include "server/admin/sessiontext.h"
#include "server/metrics/metrics.h"

#include <deque>
#include <functional>
#include <memory>

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

/// What operators look for in the whole cluster. One search at a time, in parts of a few hundred
/// commands, so that what clients do never waits for long; ErrorCode::RateLimited when too many
/// wait. Belongs to one thread.
class Searches
{
public:
    Searches(const NameSearch::Sources &sources, metrics::Metrics &metrics)
        : m_sources(sources), m_store(sources.store), m_metrics(metrics), m_nodes(sources.store)
    {
    }

    /// `cursor` is "" at first. A session is silent when it has missed more than two heartbeats.
    void findGhosts(const QByteArray &cursor, const Callback<GhostPage> &done);

    void findFlapping(const Callback<std::vector<FlappingRow>> &done);

    /// `match` is a part of the name, "" for all.
    void findChannels(const QByteArray &match, int limit, const Callback<ChannelPage> &done);

    /// A part of what begins with `text`, as NameSearch has it.
    void findNames(const QByteArray &text, const NameSearch::Place &from,
                   const Callback<FoundNames> &done);

private:
    struct ChannelSearch;
    using ChannelSearchPtr = std::shared_ptr<ChannelSearch>;

    /// Calls `search` with what it has to end with, when those before it have ended.
    template <typename T>
    void inTurn(const Callback<T> &done, std::function<void(const Callback<T> &)> search);
    void nextTurn();

    void scanGhosts(const QByteArray &from, const Callback<GhostPage> &done);
    void readFlapping(const Callback<std::vector<FlappingRow>> &done) const;
    void scanChannels(const ChannelSearchPtr &search);
    void countChannels(const ChannelSearchPtr &search, size_t first);
    void examine(const std::vector<UserId> &users, const QByteArray &next,
                 const Callback<GhostPage> &done);
    void addGhosts(const UserId &user, const std::vector<redis::Reply> &hash,
                   const SessionReading &with, std::vector<GhostRow> &ghosts) const;

    const NameSearch::Sources m_sources;
    const rules::Store &m_store;
    metrics::Metrics &m_metrics;
    NodeNames m_nodes;
    std::deque<std::function<void()>> m_waiting; ///< searches
    bool m_isSearching = false;
};

} // namespace presence::admin
