// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/bench.h"

namespace presence::bench {

/// The commands that the Elixir service sends to Redis for the same thing, on keys of their own:
/// the floor of what Redis does.
enum class SeedWork : quint8 {
    Join, ///< a heartbeat, and the user is read
    Heartbeat,
    SetStatus,
    Get,
    BulkOf100,
};

/// Processor time of Redis in us for one, pipelined as the load is. Blocks. 0 without a Redis.
double seedCost(Bench &bench, SeedWork work);

} // namespace presence::bench
