// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/deliveries.h"
#include "tests/bench/population.h"

namespace presence::bench {

/// Changes of status of ten users whom the first devices of a population all watch.
class FanoutRound
{
public:
    static constexpr int kPublishers = 10;

    /// Has the receivers join. Blocks until they have.
    FanoutRound(Bench &bench, Population &population, int receivers);

    struct Figures
    {
        double costPerDelivery = 0; ///< us of the daemon
        double deliveriesPerSecond = 0;
    };
    /// So many changes, with so many under way at a time. Blocks until everything was delivered.
    Figures run(int changes, int inFlight);

    /// In an open loop; the latencies go to `latencies`.
    void run(int changes, std::chrono::nanoseconds interval, Latencies &latencies);

    /// A status_update as it came.
    const QByteArray &sample() const { return m_sample; }

private:
    Figures run(Deliveries::Plan plan, Latencies *latencies);

    Bench &m_bench;
    Population &m_population;
    int m_receivers;
    int m_sent = 0; ///< changes of earlier rounds
    QByteArray m_sample;
};

} // namespace presence::bench
