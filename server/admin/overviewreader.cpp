// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/overviewreader.h"

#include "server/presence/noderegistry.h"
#include "server/presence/presencegauges.h"
#include "server/redis/replies.h"

#include <QElapsedTimer>

#include <algorithm>

namespace presence::admin {

using redis::KeySpace;
using redis::Reply;

/// Workspaces that are told of.
static constexpr int kWorkspaces = 50;

/// The number on a line of INFO, such as used_memory:1234
static QByteArray infoField(const QByteArray &info, const QByteArray &name)
{
    const qsizetype begin = info.indexOf('\n' + name + ':');
    if (begin < 0)
        return {};
    const qsizetype value = begin + name.size() + 2;
    return info.mid(value, info.indexOf('\r', value) - value);
}

static std::vector<WorkspaceRow> toWorkspaces(const metrics::LabelledCounts &counts)
{
    std::vector<WorkspaceRow> workspaces;
    for (const auto &[workspace, users] : counts.largest)
        workspaces.push_back({WorkspaceId(workspace), static_cast<qint64>(users)});
    return workspaces;
}

static void addNodes(Overview &overview, std::vector<NodeRow> nodes)
{
    Figures &figures = overview.figures;
    Rates least;
    for (const NodeRow &node : nodes) {
        if (!node.isAlive)
            continue;
        figures.devices += node.devices;
        figures.connections += node.connections;
        figures.joins += node.joins;
        figures.events += node.events;
        figures.deliveries += node.deliveries;
        figures.messages += node.messages;
        figures.peak.joins += node.peak.joins;
        figures.peak.events += node.peak.events;
        figures.peak.deliveries += node.peak.deliveries;
        figures.peak.messages += node.peak.messages;
        least.joins += node.least.joins;
        least.events += node.least.events;
        least.deliveries += node.least.deliveries;
        least.messages += node.least.messages;
    }
    figures.least = least;
    overview.nodes = std::move(nodes);
}

static Totals toTotals(const Reply &reply)
{
    const auto totals = reply.toHash();
    return {.joins = totals.value("joins").toLongLong(),
            .events = totals.value("events").toLongLong(),
            .deliveries = totals.value("deliveries").toLongLong(),
            .messages = totals.value("messages").toLongLong()};
}

/// From the answers to TIME, INFO, the counts of visible users, channels and workspaces, and the
/// totals.
static Overview toOverview(const std::vector<Reply> &replies)
{
    Overview overview;
    const auto time = redis::readTime(replies[0]);
    if (!time || replies[5].isError())
        return overview; // it refuses even that: it loads, or is read-only for us
    overview.redis.isReachable = true;
    Figures &figures = overview.figures;
    figures.time = std::chrono::floor<std::chrono::milliseconds>(*time);
    const QByteArray info = replies[1].bytes();
    overview.redis.version = infoField(info, "redis_version");
    overview.redis.usedMemory = infoField(info, "used_memory").toLongLong();
    overview.redis.clients = infoField(info, "connected_clients").toLongLong();
    overview.redis.commandsPerSecond = infoField(info, "instantaneous_ops_per_sec").toLongLong();
    figures.users = replies[2].toInteger().value_or(0);
    figures.channels = replies[3].toInteger().value_or(0);
    figures.workspaces = replies[4].toInteger().value_or(0);
    figures.totals = toTotals(replies[5]);
    return overview;
}

namespace {

/// What is read in several steps.
struct Reading
{
    Overview overview;
    std::function<void(const Overview &)> done;
    int left = 3;

    void step()
    {
        if (--left == 0)
            done(overview);
    }
};

} // namespace

static void readMore(const rules::Store &store, const std::shared_ptr<Reading> &reading)
{
    rules::readLargest(store, KeySpace::kWorkspaces, kWorkspaces,
                       [reading](const Result<metrics::LabelledCounts> &counts) {
                           if (counts)
                               reading->overview.workspaces = toWorkspaces(*counts);
                           reading->step();
                       });
    rules::readLargest(store, KeySpace::kTypingCounts, 0,
                       [reading](const Result<metrics::LabelledCounts> &counts) {
                           if (counts)
                               reading->overview.figures.typing
                                   = static_cast<qint64>(counts->other);
                           reading->step();
                       });
    rules::readNodes(store, [reading](Result<std::vector<NodeRow>> nodes) {
        if (nodes)
            addNodes(reading->overview, std::move(*nodes));
        reading->step();
    });
}

void OverviewReader::read(const std::function<void(const Overview &)> &done) const
{
    QElapsedTimer timer;
    timer.start();
    m_store.redis.command(
        KeySpace::kNodes, {"PING"}, [&store = m_store, timer, done](const Result<Reply> &pong) {
            if (!pong)
                return done({});
            const std::chrono::microseconds latency(timer.nsecsElapsed() / 1000);
            store.redis.pipeline(KeySpace::kNodes,
                                 {{"TIME"},
                                  {"INFO"},
                                  {"ZCARD", KeySpace::kVisible},
                                  {"ZCARD", KeySpace::kDueChannels},
                                  {"ZCARD", KeySpace::kWorkspaces},
                                  {"HGETALL", KeySpace::kTotals}},
                                 [&store, latency, done](const auto &replies) {
                                     auto reading = std::make_shared<Reading>();
                                     reading->done = done;
                                     if (replies)
                                         reading->overview = toOverview(*replies);
                                     reading->overview.figures.redisLatency = latency;
                                     if (!reading->overview.redis.isReachable)
                                         return done(reading->overview);
                                     readMore(store, reading);
                                 });
        });
}

void OverviewReader::readHistory(const QByteArray &key, int count,
                                 Callback<QByteArrayList> done) const
{
    m_store.redis.command(key, {"LRANGE", key, "0", rules::number(count - 1)},
                          [done = std::move(done)](Result<Reply> reply) {
                              done(rules::accepted(std::move(reply)).map([](const Reply &list) {
                                  QByteArrayList figures;
                                  for (const Reply &each : list.elements())
                                      figures.prepend(each.bytes());
                                  return figures;
                              }));
                          });
}

} // namespace presence::admin
