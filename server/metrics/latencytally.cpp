// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/metrics/latencytally.h"

namespace presence::metrics {

static constexpr std::chrono::seconds kInterval(1);

LatencyTally::LatencyTally(Metrics &metrics) : m_metrics(metrics)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kInterval);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { flush(); });
}

void LatencyTally::observe(const QByteArray &operation, std::chrono::nanoseconds latency)
{
    m_counts[operation].add(latency);
    if (!m_timer.isActive())
        m_timer.start();
}

void LatencyTally::flush()
{
    m_timer.stop();
    for (auto [operation, counts] : m_counts.asKeyValueRange()) {
        if (counts.count > 0)
            m_metrics.addRedisLatencies(operation, std::exchange(counts, {}));
    }
}

} // namespace presence::metrics
