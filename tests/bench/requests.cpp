// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a message with a reply costs.
#include "tests/bench/floor.h"
#include "tests/bench/rows.h"

namespace presence::bench {

using namespace Qt::StringLiterals;

static constexpr int kInFlight = 64;
/// Alternately with the floor.
static constexpr int kTurns = 2;
/// What a client may send at once.
static constexpr int kBurst = 100;

/// Sends `messages` with `send`, each device in its turn, and blocks until all are answered.
static void exchange(Bench &bench, Population &population, int messages,
                     const std::function<void(int device, int round)> &send)
{
    const int size = population.size();
    Window window(messages, kInFlight, [&](int i) { send(i % size, i / size); });
    population.setReplied([&] { window.done(); });
    if (!window.run())
        bench.fault("a reply is missing");
    population.setReplied({});
}

void measureSetStatus(Bench &bench)
{
    Population population(bench, planOf(bench, 1000));
    population.join();
    const int messages = population.size() * kBurst / 2;
    const Cost cost(bench);
    exchange(bench, population, messages,
             [&](int device, int round) { population.setStatus(device, round); });
    bench.figure(u"set_status"_s, u"ours"_s, cost.daemon(messages));
    bench.figure(u"set_status"_s, u"Redis"_s, cost.redis(messages));
    population.settle();
}

double heartbeatCost(Bench &bench, Population &population, int messages)
{
    const Cost cost(bench);
    exchange(bench, population, messages,
             [&](int device, int) { population.request(device, "phoenix", "heartbeat", "{}"); });
    return cost.daemon(messages);
}

static double floorCost(Bench &bench, Floor &floor, int clients, int messages)
{
    Window window(messages, kInFlight, [&](int i) { floor.ask(i % clients); });
    floor.clients().setReceived([&](int, int) { window.done(); });
    const double before = floor.cost();
    if (!window.run())
        bench.fault("the floor came to a halt");
    floor.clients().setReceived({});
    return (floor.cost() - before) / messages;
}

static constexpr char kHeartbeat[] = R"([null,"100001","phoenix","heartbeat",{}])";
static constexpr char kAnswer[]
    = R"([null,"100001","phoenix","phx_reply",{"status":"ok","response":{}}])";

FloorCosts floorCosts(Bench &bench, int clients)
{
    Floor floor(bench, Floor::Mode::Echo, clients, kHeartbeat, kAnswer);
    const double connection = floor.cost() / clients;
    return {connection, floorCost(bench, floor, clients, bench.options().scaled(25'000))};
}

double floorHeartbeat(Bench &bench)
{
    return floorCosts(bench, bench.options().scaled(1000)).heartbeat;
}

void measureHeartbeat(Bench &bench)
{
    Population population(bench, planOf(bench, 1000));
    population.join();
    const int clients = population.size();
    const int messages = clients * kBurst / kTurns;
    Floor floor(bench, Floor::Mode::Echo, clients, kHeartbeat, kAnswer);
    double ours = 0;
    double bare = 0;
    for (int turn = 0; turn < kTurns && bench.isFine(); ++turn) {
        ours += heartbeatCost(bench, population, messages) / kTurns;
        bare += floorCost(bench, floor, clients, messages) / kTurns;
    }
    bench.figure(u"heartbeat"_s, u"ours"_s, ours);
    bench.figure(u"heartbeat"_s, u"floor"_s, bare);
    population.settle();
}

} // namespace presence::bench
