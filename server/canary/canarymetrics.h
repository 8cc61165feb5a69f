// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/metrics/metrics.h"

namespace presence::canary {

/// What a node tells of its canary. A metric is there once there is a canary.
class CanaryMetrics
{
    prometheus::Family<prometheus::Counter> &m_changes;

public:
    explicit CanaryMetrics(prometheus::Registry &registry);

    prometheus::Counter &delivered;
    prometheus::Counter &missed; ///< not delivered in time
    prometheus::Counter &refused; ///< Redis did not take them
    prometheus::Counter &doubledEvents; ///< of which nothing was new
    prometheus::Counter &falseOfflines;
    prometheus::Histogram &delivery;
    prometheus::Histogram &ghosts;
};

} // namespace presence::canary
