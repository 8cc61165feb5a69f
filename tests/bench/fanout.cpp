// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a message to many costs, and how long it takes.
#include "tests/bench/fanoutround.h"
#include "tests/bench/floor.h"
#include "tests/bench/rows.h"

#include <memory>

namespace presence::bench {

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

static constexpr int kReceivers = 1000;
/// Alternately with the floor.
static constexpr int kTurns = 2;

/// The floor for the messages of `round`, which has run.
static std::unique_ptr<Floor> floorOf(Bench &bench, const FanoutRound &round, int receivers)
{
    const auto request = R"(["100000","100000","presence:load-0","set_status",)"
                         R"({"status":"busy","custom_message":"change 100"}])";
    return std::make_unique<Floor>(bench, Floor::Mode::Fanout, receivers, request, round.sample());
}

static void runFloor(Bench &bench, Floor &floor, Deliveries &deliveries)
{
    floor.clients().setReceived([&](int, int message) { deliveries.delivered(message); });
    if (!deliveries.run())
        bench.fault("the floor came to a halt");
    floor.clients().setReceived({});
}

static void measureInFlight(Bench &bench, FanoutRound &round, Floor &floor, int receivers,
                            int inFlight)
{
    const QString row = u"fanout%1"_s.arg(inFlight);
    const int messages = bench.options().scaled(400) / kTurns;
    double ours = 0;
    double bare = 0;
    double rate = 0;
    for (int turn = 0; turn < kTurns && bench.isFine(); ++turn) {
        const auto figures = round.run(messages, inFlight);
        ours += figures.costPerDelivery / kTurns;
        rate += figures.deliveriesPerSecond / kTurns;
        const Deliveries::Plan plan{messages, receivers, inFlight};
        Deliveries deliveries(plan, [&](int message) { floor.ask(message % receivers); });
        const double before = floor.cost();
        runFloor(bench, floor, deliveries);
        bare += (floor.cost() - before) / deliveries.count() / kTurns;
    }
    bench.figure(row, u"ours"_s, ours);
    bench.figure(row, u"floor"_s, bare);
    bench.figure(row, u"deliveries a second (wall)"_s, rate);
}

void measureFanout(Bench &bench)
{
    Population population(bench, planOf(bench, kReceivers));
    population.join();
    const int receivers = population.size();
    FanoutRound round(bench, population, receivers);
    round.run(bench.options().scaled(100), 4); // for the sample, and to warm up
    const auto floor = floorOf(bench, round, receivers);
    for (const int inFlight : {1, 4, 16})
        measureInFlight(bench, round, *floor, receivers, inFlight);
    population.settle();
}

void measureLatency(Bench &bench)
{
    Population population(bench, planOf(bench, kReceivers));
    population.join();
    const int receivers = population.size();
    FanoutRound round(bench, population, receivers);
    round.run(FanoutRound::kPublishers, 1);
    const auto floor = floorOf(bench, round, receivers);
    const int messages = bench.options().scaled(400) / kTurns;
    Latencies ours;
    Latencies bare;
    for (int turn = 0; turn < kTurns && bench.isFine(); ++turn) {
        round.run(messages, 50ms, ours);
        const Deliveries::Plan plan{.messages = messages, .receivers = receivers, .interval = 50ms};
        Deliveries deliveries(plan, [&](int message) { floor->ask(message % receivers); });
        runFloor(bench, *floor, deliveries);
        bare.add(deliveries.latencies());
    }
    for (const int percent : {50, 99}) {
        const QString row = u"latency_p%1"_s.arg(percent);
        bench.figure(row, u"ours"_s, ours.percentile(static_cast<size_t>(percent)));
        bench.figure(row, u"floor"_s, bare.percentile(static_cast<size_t>(percent)));
    }
    population.settle();
}

/// Each user of the first node is watched by ten sockets of its own on the second.
void measureLatencyBetweenNodes(Bench &bench)
{
    static constexpr int kWatchers = 10;
    auto plan = planOf(bench, 100);
    Population publishers(bench, plan);
    const int users = publishers.size();
    plan.daemon = bench.options().daemons.value(1);
    plan.firstUser += users;
    plan.connections = users * kWatchers;
    Population watchers(bench, plan);
    publishers.join();
    watchers.join();
    watchers.subscribe(watchers.size(), [&](int watcher) {
        return QList<int>{bench.options().firstUser + watcher / kWatchers};
    });
    Deliveries deliveries(
        {.messages = bench.options().scaled(10'000), .receivers = kWatchers, .interval = 2ms},
        [&](int message) { publishers.setStatus(message % users, message); });
    watchers.setUpdated([&](int change, QByteArrayView) { deliveries.delivered(change); });
    if (!deliveries.run())
        bench.fault("a delivery is missing");
    watchers.setUpdated({});
    for (const int percent : {50, 99})
        bench.figure(u"latency_nodes_p%1"_s.arg(percent), u"ours"_s,
                     deliveries.latencies().percentile(static_cast<size_t>(percent)));
    publishers.settle();
    watchers.settle();
}

} // namespace presence::bench
