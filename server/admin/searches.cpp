// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/searches.h"

#include "server/redis/replies.h"

#include "shared/core/reservedid.h"

#include <QSet>

#include <algorithm>

namespace presence::admin {

using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Users that a part of the search for ghosts looks at.
static constexpr int kScanPart = 500;
/// Channels that one looks at at once.
static constexpr int kChannelPart = 1000;
/// Channels that a search counts, and how many of them at once.
static constexpr size_t kMostChannels = 5000;
static constexpr size_t kCountPart = 250;
/// Searches that wait for others.
static constexpr size_t kMostWaiting = 8;

template <typename T>
void Searches::inTurn(const Callback<T> &done, std::function<void(const Callback<T> &)> search)
{
    if (m_waiting.size() >= kMostWaiting)
        return done(fail(ErrorCode::RateLimited, QStringLiteral("too many searches")));
    m_waiting.emplace_back([this, done, search = std::move(search)] {
        search([this, done](Result<T> result) {
            done(std::move(result));
            nextTurn();
        });
    });
    if (!m_isSearching)
        nextTurn();
}

void Searches::nextTurn()
{
    m_isSearching = !m_waiting.empty();
    if (!m_isSearching)
        return;
    const auto search = std::move(m_waiting.front());
    m_waiting.pop_front();
    search();
}

void Searches::findGhosts(const QByteArray &cursor, const Callback<GhostPage> &done)
{
    const QByteArray from = cursor.isEmpty() ? QByteArray("0") : cursor;
    inTurn<GhostPage>(done, [this, from](const auto &end) { scanGhosts(from, end); });
}

void Searches::scanGhosts(const QByteArray &from, const Callback<GhostPage> &done)
{
    m_nodes.refresh([this, from, done] {
        m_store.redis.command(
            KeySpace::kDueUsers,
            {"ZSCAN", KeySpace::kDueUsers, from, "COUNT", rules::number(kScanPart)},
            [this, done](Result<Reply> reply) {
                reply = rules::accepted(std::move(reply));
                const auto part = reply ? redis::readScan(*reply) : std::nullopt;
                if (!part)
                    return done(fail(ErrorCode::Unavailable, QStringLiteral("unavailable")));
                std::vector<UserId> users;
                for (const auto &[user, time] : part->pairs) {
                    if (!isReserved(user.bytes()))
                        users.emplace_back(user.bytes());
                }
                examine(users, part->cursor, done);
            });
    });
}

/// Those of a device that another session keeps alive are left out: it came back, and they end by
/// themselves.
void Searches::addGhosts(const UserId &user, const std::vector<Reply> &hash,
                         const SessionReading &with, std::vector<GhostRow> &ghosts) const
{
    std::vector<GhostRow> found;
    QSet<DeviceId> live;
    for (const SessionRow &row : readSessions(hash, with)) {
        if (const auto reason = ghostReason(row, with.now, m_store.config.heartbeatInterval))
            found.push_back({user, row, *reason});
        else
            live.insert(row.device);
    }
    std::ranges::copy_if(found, std::back_inserter(ghosts), [&live](const GhostRow &ghost) {
        return !live.contains(ghost.session.device);
    });
}

void Searches::examine(const std::vector<UserId> &users, const QByteArray &next,
                       const Callback<GhostPage> &done)
{
    std::vector<Command> commands{{"TIME"}};
    for (const UserId &user : users)
        commands.push_back({"HGETALL", m_store.keys.userHash(user)});
    const auto found = [this, users, next, done](const auto &replies) {
        const auto now = redis::readTime(replies[0]);
        if (!now)
            return done(fail(ErrorCode::Unavailable, QStringLiteral("unavailable")));
        GhostPage page{.examined = static_cast<qint64>(users.size()), .next = next};
        const SessionReading with{m_nodes, m_store.config.presenceTtl,
                                  std::chrono::floor<std::chrono::milliseconds>(*now)};
        for (size_t i = 0; i < users.size(); ++i)
            addGhosts(users[i], replies[i + 1].elements(), with, page.ghosts);
        done(std::move(page));
    };
    m_store.redis.gather(KeySpace::kDueUsers, std::move(commands), found);
}

/// "since count" as resources/lua/user/reconcile.lua writes it, and seen_at.
static FlappingRow toFlapping(const UserId &user, const Reply &fields)
{
    FlappingRow row{.user = user};
    if (fields.elements().size() != 2)
        return row;
    row.changes = fields.elements()[0].bytes().split(' ').value(1).toInt();
    row.lastAt = Seconds(std::chrono::seconds(fields.elements()[1].toInteger().value_or(0)));
    return row;
}

void Searches::findFlapping(const Callback<std::vector<FlappingRow>> &done)
{
    inTurn<std::vector<FlappingRow>>(done, [this](const auto &end) { readFlapping(end); });
}

void Searches::readFlapping(const Callback<std::vector<FlappingRow>> &done) const
{
    const auto read = [this, done](Result<Reply> reply) {
        reply = rules::accepted(std::move(reply));
        if (!reply)
            return done(Failure(reply.error()));
        std::vector<UserId> users;
        std::vector<Command> commands;
        for (const Reply &user : reply->elements()) {
            users.emplace_back(user.bytes());
            commands.push_back(
                {"HMGET", m_store.keys.userHash(users.back()), "transitions", "seen_at"});
        }
        if (users.empty())
            return done(std::vector<FlappingRow>());
        m_store.redis.gather(KeySpace::kFlapping, std::move(commands),
                             [users, done](const auto &replies) {
                                 std::vector<FlappingRow> rows;
                                 for (size_t i = 0; i < users.size(); ++i) {
                                     if (replies[i].isArray())
                                         rows.push_back(toFlapping(users[i], replies[i]));
                                 }
                                 done(std::move(rows));
                             });
    };
    m_store.redis.command(KeySpace::kFlapping, {"ZREVRANGE", KeySpace::kFlapping, "0", "199"},
                          read);
}

struct Searches::ChannelSearch
{
    QByteArray match;
    int limit = 0;
    Callback<ChannelPage> done;
    QByteArray cursor = "0";
    QSet<QByteArray> names; ///< a scan may give one twice
    std::vector<ChannelId> channels;
    ChannelPage page;

    void take(const redis::ScanPart &part)
    {
        cursor = part.cursor.isEmpty() ? QByteArray("0") : part.cursor;
        for (const auto &[name, time] : part.pairs) {
            if (!name.bytes().contains(match) || names.contains(name.bytes()))
                continue;
            page.isComplete = channels.size() < kMostChannels;
            if (!page.isComplete)
                return;
            names.insert(name.bytes());
            channels.emplace_back(name.bytes());
        }
    }
    bool isAtEnd() const { return cursor == "0" || !page.isComplete; }
};

void Searches::findChannels(const QByteArray &match, int limit, const Callback<ChannelPage> &done)
{
    inTurn<ChannelPage>(done, [this, match, limit](const auto &end) {
        scanChannels(std::make_shared<ChannelSearch>(
            ChannelSearch{.match = match, .limit = limit, .done = end}));
    });
}

void Searches::scanChannels(const ChannelSearchPtr &search)
{
    const auto scanned = [this, search](Result<Reply> reply) {
        reply = rules::accepted(std::move(reply));
        const auto part = reply ? redis::readScan(*reply) : std::nullopt;
        if (!part)
            return search->done(fail(ErrorCode::Unavailable, QStringLiteral("unavailable")));
        search->take(*part);
        if (search->isAtEnd())
            countChannels(search, 0);
        else
            scanChannels(search);
    };
    m_store.redis.command(
        KeySpace::kDueChannels,
        {"ZSCAN", KeySpace::kDueChannels, search->cursor, "COUNT", rules::number(kChannelPart)},
        scanned);
}

void Searches::countChannels(const ChannelSearchPtr &search, size_t first)
{
    const size_t end = std::min(first + kCountPart, search->channels.size());
    if (first == end) {
        ChannelPage &page = search->page;
        page.examined = qint64(search->channels.size());
        std::ranges::sort(page.channels, std::greater(), [](const ChannelRow &row) {
            return std::pair(row.viewers + row.typing, row.typing);
        });
        page.channels.resize(std::min(page.channels.size(), size_t(search->limit)));
        return search->done(std::move(page));
    }
    std::vector<Command> commands;
    for (size_t i = first; i < end; ++i) {
        const auto keys = m_store.keys.channel(search->channels[i]);
        commands.push_back({"ZCARD", keys.viewers});
        commands.push_back({"ZCARD", keys.typingEnds});
    }
    const auto counted = [this, search, first, end](const auto &counts) {
        for (size_t i = first; i < end; ++i) {
            const auto viewers = counts[2 * (i - first)].toInteger();
            const auto typing = counts[2 * (i - first) + 1].toInteger();
            if (viewers && typing)
                search->page.channels.push_back({search->channels[i], *viewers, *typing});
            else
                search->page.isComplete = false;
        }
        countChannels(search, end);
    };
    m_store.redis.gather(KeySpace::kDueChannels, std::move(commands), counted);
}

void Searches::findNames(const QByteArray &text, const NameSearch::Place &from,
                         const Callback<FoundNames> &done)
{
    inTurn<FoundNames>(done, [this, text, from](const auto &end) {
        QElapsedTimer timer;
        timer.start();
        const auto measured = [this, timer, before = from.examined, end](Result<FoundNames> found) {
            m_metrics.searches.Observe(double(timer.nsecsElapsed()) / 1e9);
            if (found)
                m_metrics.searchedNames.Increment(double(found->examined - before));
            end(std::move(found));
        };
        std::make_shared<NameSearch>(m_sources, text, from, measured)->start();
    });
}

} // namespace presence::admin
