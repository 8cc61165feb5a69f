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

static void setNodes(Overview &overview, std::vector<NodeRow> nodes)
{
    Figures &figures = overview.figures;
    Rates sum;
    Rates peak;
    Rates least;
    figures.devices = 0;
    figures.connections = 0;
    bool isCounted = true;
    for (const NodeRow &node : nodes) {
        if (!node.isAlive)
            continue;
        figures.devices += node.devices;
        figures.connections += node.connections;
        for (double Rates::*rate :
             {&Rates::joins, &Rates::events, &Rates::deliveries, &Rates::messages}) {
            peak.*rate += node.peak.*rate;
            least.*rate += node.least.*rate;
        }
        // One whose hash is away says nothing at all.
        isCounted = isCounted && (node.isInTotals || node.startedAt == Seconds());
        sum.joins += node.joins;
        sum.events += node.events;
        sum.deliveries += node.deliveries;
        sum.messages += node.messages;
    }
    figures.joins = sum.joins;
    figures.events = sum.events;
    figures.deliveries = sum.deliveries;
    figures.messages = sum.messages;
    figures.peak = peak;
    figures.least = least;
    // Beside nodes of a version that does not add to the totals these are of some nodes only.
    if (!isCounted) {
        figures.totals = {};
        figures.least.reset();
    }
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

static void setCount(qint64 &count, const Reply &reply)
{
    count = reply.toInteger().value_or(count);
}

/// `overview` is as it was last: what a master that is away would answer stays so. From the answers
/// to TIME, INFO, the counts of visible users, channels and workspaces, and the totals.
static void take(Overview &overview, const std::vector<Reply> &replies)
{
    const auto time = redis::readTime(replies[0]);
    // It refuses whatever it is asked: it loads, or is read-only for us.
    if (!time || (replies[2].isError() && replies[5].isError()))
        return;
    overview.redis.isReachable = true;
    Figures &figures = overview.figures;
    figures.time = std::chrono::floor<std::chrono::milliseconds>(*time);
    const QByteArray info = replies[1].bytes();
    overview.redis.version = infoField(info, "redis_version");
    overview.redis.usedMemory = infoField(info, "used_memory").toLongLong();
    overview.redis.clients = infoField(info, "connected_clients").toLongLong();
    overview.redis.commandsPerSecond = infoField(info, "instantaneous_ops_per_sec").toLongLong();
    setCount(figures.users, replies[2]);
    setCount(figures.channels, replies[3]);
    setCount(figures.workspaces, replies[4]);
    if (replies[5].isArray())
        figures.totals = toTotals(replies[5]);
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
            setNodes(reading->overview, std::move(*nodes));
        reading->step();
    });
}

void OverviewReader::read(const Overview &last,
                          const std::function<void(const Overview &)> &done) const
{
    QElapsedTimer timer;
    timer.start();
    const QByteArray route = m_store.redis.routeNear(KeySpace::kNodes);
    m_store.redis.command(
        route, {"PING"}, [&store = m_store, route, last, timer, done](const Result<Reply> &pong) {
            if (!pong)
                return done({});
            const std::chrono::microseconds latency(timer.nsecsElapsed() / 1000);
            store.redis.gather(route,
                               {{"TIME"},
                                {"INFO"},
                                {"ZCARD", KeySpace::kVisible},
                                {"ZCARD", KeySpace::kDueChannels},
                                {"ZCARD", KeySpace::kWorkspaces},
                                {"HGETALL", KeySpace::kTotals}},
                               [&store, last, latency, done](const auto &replies) {
                                   auto reading = std::make_shared<Reading>();
                                   reading->done = done;
                                   Overview &overview = reading->overview;
                                   overview.figures = last.figures;
                                   overview.nodes = last.nodes;
                                   overview.workspaces = last.workspaces;
                                   take(overview, replies);
                                   if (!overview.redis.isReachable)
                                       overview = {};
                                   overview.figures.redisLatency = latency;
                                   if (!overview.redis.isReachable)
                                       return done(overview);
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
