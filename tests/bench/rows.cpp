// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/rows.h"

#include "tests/bench/seedcommands.h"

namespace presence::bench {

using namespace Qt::StringLiterals;

/// For a row whose limit is in us: these machines differ by half within an hour.
static Row besideYardstick(Row row)
{
    return [row = std::move(row)](Bench &bench) {
        const double before = floorHeartbeat(bench);
        row(bench);
        bench.figure(bench.options().row, u"yardstick"_s, (before + floorHeartbeat(bench)) / 2);
    };
}

/// What a row leaves behind is done: its users disconnect, and the sweeper looks at them after
/// OFFLINE_GRACE.
static void waitUntilRedisIsQuiet(Bench &bench)
{
    constexpr std::chrono::milliseconds kSlice(1000);
    constexpr int kSlices = 8; // more than OFFLINE_GRACE
    constexpr int kMost = 60;
    // us a slice: with that at work the seed's commands seem a tenth dearer. The sweeper's look for
    // what the due queue has lost goes on, and is dear where the system has put away what nobody
    // has used lately.
    constexpr double kQuiet = 100'000;
    if (bench.options().isQuick)
        return; // it is only tried whether it runs
    int quiet = 0;
    for (int i = 0; i < kMost && quiet < kSlices; ++i) {
        const Cost cost(bench);
        bench.wait(kSlice);
        quiet = cost.redis(1) < kQuiet ? quiet + 1 : 0;
    }
    if (quiet < kSlices)
        bench.fault("Redis is still at work for the row");
}

/// The same, and what the seed's commands for it cost Redis: `share` of one is a unit of the row.
static Row besideSeed(Row row, SeedWork work, double share = 1)
{
    return besideYardstick([row = std::move(row), work, share](Bench &bench) {
        const double before = seedCost(bench, work);
        row(bench);
        waitUntilRedisIsQuiet(bench);
        const double cost = (before + seedCost(bench, work)) / 2;
        if (cost > 0)
            bench.figure(bench.options().row, u"Redis at the floor"_s, cost * share);
    });
}

/// A connection is refreshed so often.
static constexpr double kHeartbeatsASecond = 1.0 / 15;

Row rowNamed(const QString &name)
{
    static const QMap<QString, Row> rows{
        {u"memory1"_s, measureMemory},
        {u"memory3"_s, measureMemory},
        {u"idle1"_s, besideSeed(measureIdle, SeedWork::Heartbeat, kHeartbeatsASecond)},
        {u"idle3"_s, besideSeed(measureIdle, SeedWork::Heartbeat, kHeartbeatsASecond)},
        {u"join1"_s, besideSeed(measureJoin, SeedWork::Join)},
        {u"join3"_s, besideSeed(measureJoin, SeedWork::Join)},
        {u"set_status"_s, besideSeed(measureSetStatus, SeedWork::SetStatus)},
        {u"heartbeat"_s, measureHeartbeat},
        {u"fanout"_s, measureFanout},
        {u"rest_get"_s, besideSeed(measureRestGet, SeedWork::Get)},
        {u"rest_bulk"_s, besideSeed(measureRestBulk, SeedWork::BulkOf100)},
        {u"latency"_s, measureLatency},
        {u"latency_nodes"_s, measureLatencyBetweenNodes},
        {u"storm"_s, measureStorm},
        {u"linear"_s, measureLinear},
        {u"fifty"_s, measureFifty},
        {u"peer"_s, measurePeer},
    };
    return rows.value(name);
}

Population::Plan planOf(const Bench &bench, int connections, bool hasThreeTopics)
{
    const Options &options = bench.options();
    return {.daemon = options.daemons.value(0),
            .connections
            = options.connections > 0 ? options.connections : options.scaled(connections),
            .firstUser = options.firstUser,
            .hasThreeTopics = hasThreeTopics};
}

} // namespace presence::bench
