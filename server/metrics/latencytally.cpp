// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/metrics/latencytally.h"

#include <algorithm>

namespace presence::metrics {

static constexpr std::chrono::seconds kInterval(1);

LatencyTally::LatencyTally(Metrics &metrics) : m_metrics(metrics)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kInterval);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { flush(); });
}

void LatencyTally::observe(QByteArrayView operation, std::chrono::nanoseconds latency)
{
    const auto isIt = [operation](const Operation &other) {
        return other.name.size() == operation.size() && other.name == operation;
    };
    auto found = std::ranges::find_if(m_operations, isIt);
    if (found == m_operations.end())
        found = m_operations.insert(found, Operation{operation.toByteArray(), {}});
    found->counts.add(latency);
    if (found != m_operations.begin() && found->counts.count > std::prev(found)->counts.count)
        std::iter_swap(found, std::prev(found));
    if (!m_timer.isActive())
        m_timer.start();
}

void LatencyTally::flush()
{
    m_timer.stop();
    for (auto &[name, counts] : m_operations) {
        if (counts.count > 0)
            m_metrics.addRedisLatencies(name, std::exchange(counts, {}));
    }
}

} // namespace presence::metrics
