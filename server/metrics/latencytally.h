// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/metrics/metrics.h"

#include <QTimer>

#include <vector>

namespace presence::metrics {

/// How long Redis took, counted by one thread and handed over to the metrics of all once a second:
/// a lock for each answer would be on the path of every message.
class LatencyTally
{
public:
    explicit LatencyTally(Metrics &metrics);
    Q_DISABLE_COPY_MOVE(LatencyTally)

    /// `operation` is a Redis command or the name of a script: a closed set.
    void observe(QByteArrayView operation, std::chrono::nanoseconds latency);

    /// Hands over what was counted since the last time.
    void flush();

private:
    Metrics &m_metrics;
    struct Operation
    {
        QByteArray name;
        LatencyCounts counts;
    };
    std::vector<Operation> m_operations; ///< the frequent ones first: there are few
    QTimer m_timer; ///< runs while there is something to hand over
};

} // namespace presence::metrics
