// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/searches.h"

#include "server/redis/replies.h"

#include <QSet>

#include <algorithm>

namespace presence::admin {

using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Users that a part of the search for ghosts looks at.
static constexpr int kScanPart = 500;
/// Channels that a search counts.
static constexpr int kMostChannels = 5000;

void Searches::findGhosts(const QByteArray &cursor, const Callback<GhostPage> &done)
{
    const QByteArray from = cursor.isEmpty() ? QByteArray("0") : cursor;
    m_nodes.refresh([this, from, done] {
        m_store.redis.command(
            KeySpace::kUserIndex,
            {"ZSCAN", KeySpace::kUserIndex, from, "COUNT", rules::number(kScanPart)},
            [this, done](Result<Reply> reply) {
                reply = rules::accepted(std::move(reply));
                const auto part = reply ? redis::readScan(*reply) : std::nullopt;
                if (!part)
                    return done(fail(ErrorCode::Unavailable, QStringLiteral("unavailable")));
                std::vector<UserId> users;
                for (const auto &[user, time] : part->pairs)
                    users.emplace_back(user.bytes());
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
        if (!replies)
            return done(Failure(replies.error()));
        const auto now = redis::readTime((*replies)[0]);
        if (!now)
            return done(fail(ErrorCode::Unavailable, QStringLiteral("unavailable")));
        GhostPage page{.examined = static_cast<qint64>(users.size()), .next = next};
        const SessionReading with{m_nodes, m_store.config.presenceTtl,
                                  std::chrono::floor<std::chrono::milliseconds>(*now)};
        for (size_t i = 0; i < users.size(); ++i)
            addGhosts(users[i], (*replies)[i + 1].elements(), with, page.ghosts);
        done(std::move(page));
    };
    m_store.redis.pipeline(KeySpace::kUserIndex, std::move(commands), found);
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

void Searches::findFlapping(const Callback<std::vector<FlappingRow>> &done) const
{
    const auto read = [this, done](Result<Reply> reply) {
        reply = rules::accepted(std::move(reply));
        if (!reply)
            return done(Failure(reply.error()));
        std::vector<UserId> users;
        std::vector<Command> commands;
        for (const Reply &user : reply->elements()) {
            users.emplace_back(user.bytes());
            commands.push_back({"HMGET", m_store.keys.userHash(users.back()), "flips", "seen_at"});
        }
        if (users.empty())
            return done(std::vector<FlappingRow>());
        m_store.redis.pipeline(KeySpace::kFlapping, std::move(commands),
                               [users, done](const auto &replies) {
                                   if (!replies)
                                       return done(Failure(replies.error()));
                                   std::vector<FlappingRow> rows;
                                   for (size_t i = 0; i < users.size(); ++i)
                                       rows.push_back(toFlapping(users[i], (*replies)[i]));
                                   done(std::move(rows));
                               });
    };
    m_store.redis.command(KeySpace::kFlapping, {"ZREVRANGE", KeySpace::kFlapping, "0", "199"},
                          read);
}

void Searches::findChannels(const QByteArray &match, int limit,
                            const Callback<ChannelPage> &done) const
{
    const auto listed = [this, match, limit, done](Result<Reply> reply) {
        reply = rules::accepted(std::move(reply));
        if (!reply)
            return done(Failure(reply.error()));
        std::vector<ChannelId> channels;
        bool isComplete = true;
        for (const Reply &name : reply->elements()) {
            if (!name.bytes().contains(match))
                continue;
            isComplete = channels.size() < size_t(kMostChannels);
            if (!isComplete)
                break;
            channels.emplace_back(name.bytes());
        }
        countChannels(std::move(channels), limit, isComplete, done);
    };
    m_store.redis.command(KeySpace::kChannelIndex,
                          {"ZREVRANGE", KeySpace::kChannelIndex, "0", "99999"}, listed);
}

void Searches::countChannels(std::vector<ChannelId> channels, int limit, bool isComplete,
                             const Callback<ChannelPage> &done) const
{
    if (channels.empty())
        return done(ChannelPage());
    std::vector<Command> commands;
    for (const ChannelId &channel : channels) {
        const auto keys = m_store.keys.channel(channel);
        commands.push_back({"ZCARD", keys.viewers});
        commands.push_back({"ZCARD", keys.typingEnds});
    }
    const auto counted = [channels, limit, isComplete, done](const auto &counts) {
        if (!counts)
            return done(Failure(counts.error()));
        ChannelPage page{.examined = qint64(channels.size()), .isComplete = isComplete};
        for (size_t i = 0; i < channels.size(); ++i)
            page.channels.push_back({channels[i], (*counts)[2 * i].toInteger().value_or(0),
                                     (*counts)[2 * i + 1].toInteger().value_or(0)});
        std::ranges::sort(page.channels, std::greater(), [](const ChannelRow &row) {
            return std::pair(row.viewers + row.typing, row.typing);
        });
        page.channels.resize(std::min(page.channels.size(), size_t(limit)));
        done(std::move(page));
    };
    m_store.redis.pipeline(KeySpace::kChannelIndex, std::move(commands), counted);
}

} // namespace presence::admin
