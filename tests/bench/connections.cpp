// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What connections cost: to come, to be there.
#include "tests/bench/fanoutround.h"
#include "tests/bench/httpsocket.h"
#include "tests/bench/rows.h"

namespace presence::bench {

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

static constexpr double kKilobyte = 1024;

static bool hasThreeTopics(const Bench &bench)
{
    return bench.options().row.endsWith(u'3');
}

void measureJoin(Bench &bench)
{
    Population population(bench, planOf(bench, 5000, hasThreeTopics(bench)));
    const Cost cost(bench);
    population.join();
    const QString row = bench.options().row;
    bench.figure(row, u"ours"_s, cost.daemon(population.size()));
    bench.figure(row, u"Redis"_s, cost.redis(population.size()));
    population.settle();
}

void measureMemory(Bench &bench)
{
    const bool isThree = hasThreeTopics(bench);
    const qint64 before = bench.daemon().residentBytes();
    Population population(bench, planOf(bench, isThree ? 10'000 : 19'000, isThree));
    population.join();
    Bench::wait(bench.options().scaled(35s));
    const auto bytes = static_cast<double>(bench.daemon().residentBytes() - before);
    bench.figure(bench.options().row, u"ours"_s, bytes / kKilobyte / population.size());
    population.settle();
}

/// After the work that joins leave behind.
static void measureRest(Bench &bench, const QString &row, int connections)
{
    Bench::wait(bench.options().scaled(5s));
    // Whole periods of refreshes, 15 s, and of pings, 25 s.
    const auto time = bench.options().scaled(75s);
    const auto before = bench.commands().read();
    const Cost cost(bench);
    Bench::wait(time);
    const double seconds = std::chrono::duration<double>(time).count() * connections;
    bench.figure(row, u"ours"_s, cost.daemon(seconds));
    bench.figure(row, u"Redis"_s, cost.redis(seconds));
    bench.figure(row, u"Redis, of it with nobody connected, µs a connection a second"_s,
                 static_cast<double>(bench.options().redisAlone) / connections);
    const auto after = bench.commands().read();
    const double minutes = seconds / 60;
    bench.figure(row, u"Redis, scripts a connection a minute"_s,
                 static_cast<double>(after.scripts - before.scripts) / minutes);
    bench.figure(row, u"Redis, commands a connection a minute, with those of scripts"_s,
                 static_cast<double>(after.all - before.all) / minutes);
}

void measureIdle(Bench &bench)
{
    Population population(bench, planOf(bench, 10'000, hasThreeTopics(bench)));
    population.join();
    measureRest(bench, bench.options().row, population.size());
    population.settle();
}

void measureStorm(Bench &bench)
{
    auto plan = planOf(bench, 15'000);
    plan.width = plan.connections;
    Population population(bench, plan);
    const auto start = Latencies::Clock::now();
    population.join();
    const std::chrono::duration<double> wall = Latencies::Clock::now() - start;
    auto &latencies = population.joinLatencies();
    bench.figure(u"storm"_s, u"ours"_s, latencies.percentile(99) / 1000);
    bench.figure(u"storm"_s, u"median of a join, s"_s, latencies.percentile(50) / 1000);
    bench.figure(u"storm"_s, u"until all had joined, s"_s, wall.count());
    bench.figure(u"storm"_s, u"joined"_s, population.joined());
    population.settle();
}

/// Of a daemon without connections, us a second of processor time.
static double costOfNothing(Bench &bench)
{
    const auto time = bench.options().scaled(20s);
    const Cost cost(bench);
    Bench::wait(time);
    return cost.daemon(std::chrono::duration<double>(time).count());
}

void measureLinear(Bench &bench)
{
    const auto plan = planOf(bench, 1000);
    const QString at = u"_%1"_s.arg(plan.connections);
    const auto floor = floorCosts(bench, plan.connections);
    bench.figure(u"linear_connection"_s + at, u"floor"_s, floor.connection);
    bench.figure(u"linear_heartbeat"_s + at, u"floor"_s, floor.heartbeat);
    bench.figure(u"linear_idle1"_s + at, u"without connections"_s,
                 costOfNothing(bench) / plan.connections);
    Population population(bench, plan);
    const Cost cost(bench);
    population.join();
    bench.figure(u"linear_join1"_s + at, u"ours"_s, cost.daemon(plan.connections));
    measureRest(bench, u"linear_idle1"_s + at, plan.connections);
    const int heartbeats = bench.options().scaled(100'000);
    bench.figure(u"linear_heartbeat"_s + at, u"ours"_s,
                 heartbeatCost(bench, population, heartbeats));
    FanoutRound round(bench, population, std::min(plan.connections, 1000));
    bench.figure(u"linear_fanout4"_s + at, u"ours"_s,
                 round.run(bench.options().scaled(400), 4).costPerDelivery);
    population.settle();
}

/// Blocks until the cluster says that so many users are online.
static void awaitOnline(Bench &bench, int users)
{
    const QByteArray expected = "\"online_users\":" + QByteArray::number(users) + '}';
    static constexpr auto kPatience = 120s;
    bool isSo = false;
    bool isIdle = false;
    HttpSocket socket([&] { isIdle = true; },
                      [&](int, QByteArrayView body) {
                          isSo = body.contains(expected);
                          isIdle = true;
                      });
    socket.open(bench.options().daemons.value(0));
    const auto ask = [&] {
        if (std::exchange(isIdle, false) && !isSo)
            socket.request("GET /health HTTP/1.1\r\nHost: bench\r\n\r\n");
        return isSo;
    };
    if (!Bench::waitUntil(ask, kPatience))
        bench.fault("the cluster does not have as many online");
}

void measureFifty(Bench &bench)
{
    const int together = bench.options().together;
    const double before = static_cast<double>(bench.daemon().residentBytes());
    Population population(bench, planOf(bench, 16'667));
    const Cost cost(bench);
    population.join();
    bench.figure(u"fifty"_s, u"daemon, µs a join"_s, cost.daemon(population.size()));
    awaitOnline(bench, together);
    const Cost rest(bench);
    const auto time = bench.options().scaled(30s);
    Bench::wait(time);
    const double seconds = std::chrono::duration<double>(time).count() * population.size();
    bench.figure(u"fifty"_s, u"daemon, µs a connection a second"_s, rest.daemon(seconds));
    bench.figure(u"fifty"_s, u"daemon, KB a connection"_s,
                 (static_cast<double>(bench.daemon().residentBytes()) - before) / kKilobyte
                     / population.size());
    bench.figure(u"fifty"_s, u"connections at each of three nodes, all online at once"_s,
                 population.joined());
    awaitOnline(bench, together);
}

} // namespace presence::bench
