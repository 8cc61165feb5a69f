// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/fanoutround.h"

#include <algorithm>
#include <numeric>

namespace presence::bench {

FanoutRound::FanoutRound(Bench &bench, Population &population, int receivers)
    : m_bench(bench), m_population(population), m_receivers(receivers)
{
    QList<int> publishers(std::min(kPublishers, population.size()));
    std::iota(publishers.begin(), publishers.end(), 0);
    population.subscribe(receivers, [&](int) { return publishers; });
}

FanoutRound::Figures FanoutRound::run(int changes, int inFlight)
{
    return run({.messages = changes, .receivers = m_receivers, .inFlight = inFlight}, nullptr);
}

void FanoutRound::run(int changes, std::chrono::nanoseconds interval, Latencies &latencies)
{
    run({.messages = changes, .receivers = m_receivers, .interval = interval}, &latencies);
}

FanoutRound::Figures FanoutRound::run(Deliveries::Plan plan, Latencies *latencies)
{
    const int first = std::exchange(m_sent, m_sent + plan.messages);
    Deliveries deliveries(plan, [&](int message) {
        const int change = first + message;
        m_population.setStatus(change % std::min(kPublishers, m_population.size()), change);
    });
    m_population.setUpdated([&](int change, QByteArrayView text) {
        if (m_sample.isEmpty())
            m_sample = text.toByteArray();
        deliveries.delivered(change - first);
    });
    const Cost cost(m_bench);
    if (!deliveries.run())
        m_bench.fault("a delivery is missing");
    m_population.setUpdated({});
    const double cpu = cost.daemon(deliveries.count());
    if (latencies)
        latencies->add(deliveries.latencies());
    const std::chrono::duration<double> wall = deliveries.wall();
    return {.costPerDelivery = cpu, .deliveriesPerSecond = deliveries.count() / wall.count()};
}

} // namespace presence::bench
