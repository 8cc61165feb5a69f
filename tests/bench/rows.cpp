// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/rows.h"

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

Row rowNamed(const QString &name)
{
    static const QMap<QString, Row> rows{
        {u"memory1"_s, measureMemory},
        {u"memory3"_s, measureMemory},
        {u"idle1"_s, besideYardstick(measureIdle)},
        {u"idle3"_s, besideYardstick(measureIdle)},
        {u"join1"_s, besideYardstick(measureJoin)},
        {u"join3"_s, besideYardstick(measureJoin)},
        {u"set_status"_s, besideYardstick(measureSetStatus)},
        {u"heartbeat"_s, measureHeartbeat},
        {u"fanout"_s, measureFanout},
        {u"rest_get"_s, besideYardstick(measureRestGet)},
        {u"rest_bulk"_s, besideYardstick(measureRestBulk)},
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
