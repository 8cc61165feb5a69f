// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/bench.h"
#include "tests/bench/population.h"

#include <functional>

namespace presence::bench {

/// Measures one row of the table, once, and prints its figures. Blocks until that is done. What
/// goes wrong is a fault of the bench.
using Row = std::function<void(Bench &bench)>;

/// Empty when there is none of that name.
Row rowNamed(const QString &name);

// connections.cpp
void measureMemory(Bench &bench);
void measureIdle(Bench &bench);
void measureJoin(Bench &bench);
void measureStorm(Bench &bench);
void measureLinear(Bench &bench);
void measureFifty(Bench &bench);
// requests.cpp
void measureSetStatus(Bench &bench);
void measureHeartbeat(Bench &bench);
// rest.cpp
void measureRestGet(Bench &bench);
void measureRestBulk(Bench &bench);
// fanout.cpp
void measureFanout(Bench &bench);
void measureLatency(Bench &bench);
void measureLatencyBetweenNodes(Bench &bench);
// peers.cpp
void measurePeer(Bench &bench);

/// What the machine itself takes for so many sockets: processor time in us at the floor.
struct FloorCosts
{
    double connection = 0; ///< to be accepted and watched
    double heartbeat = 0;
};
FloorCosts floorCosts(Bench &bench, int clients);

/// A heartbeat at the floor with the usual number of clients: how fast the machine is now.
double floorHeartbeat(Bench &bench);

/// Processor time of the daemon in us for a heartbeat, on a population that has joined.
double heartbeatCost(Bench &bench, Population &population, int messages);

/// As many as `plan` says, joined to the first daemon; `connections` of the options go before.
Population::Plan planOf(const Bench &bench, int connections, bool hasThreeTopics = false);

} // namespace presence::bench
