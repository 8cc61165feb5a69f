// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/canary/canarymetrics.h"

namespace presence::canary {

static prometheus::Counter &counter(prometheus::Registry &registry, const char *name,
                                    const char *help)
{
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

static prometheus::Histogram &histogram(prometheus::Registry &registry, const char *name,
                                        const char *help,
                                        prometheus::Histogram::BucketBoundaries bounds)
{
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
        {}, std::move(bounds));
}

CanaryMetrics::CanaryMetrics(prometheus::Registry &registry)
    : m_changes(prometheus::BuildCounter()
                    .Name("presence_canary_changes_total")
                    .Help("Changes of the canary's users, by what became of them")
                    .Register(registry)),
      delivered(m_changes.Add({{"result", "delivered"}})),
      missed(m_changes.Add({{"result", "missed"}})),
      refused(m_changes.Add({{"result", "refused"}})),
      doubledEvents(counter(registry, "presence_canary_doubled_events_total",
                            "Events of the canary's users in which nothing was new")),
      falseOfflines(counter(registry, "presence_canary_false_offlines_total",
                            "Times that a user of the canary was told to be offline while it was "
                            "connected")),
      delivery(histogram(registry, "presence_canary_delivery_seconds",
                         "From a change of the canary's users until who watches them was told",
                         {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      ghosts(histogram(registry, "presence_canary_ghost_seconds",
                       "How long a user of the canary that was cut off was shown as online after "
                       "OFFLINE_GRACE",
                       {0.5, 1, 2.5, 5, 10, 30, 60, 120}))
{
}

} // namespace presence::canary
