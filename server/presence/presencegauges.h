// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/metrics/metrics.h"
#include "server/presence/store.h"

namespace presence::rules {

/// Of `key`, a zset of counts: the `limit` largest, and what the others sum up to.
void readLargest(const Store &store, const QByteArray &key, int limit,
                 Callback<metrics::LabelledCounts> done);

/// Brings presence_online_users and presence_typing_users up to date, for the whole cluster: every
/// node shows the same. Belongs to one thread.
class PresenceGauges
{
public:
    PresenceGauges(const Store &store, metrics::Metrics &metrics)
        : m_store(store), m_metrics(metrics)
    {
    }

    /// While Redis is away the gauges stay as they were.
    void refresh(std::function<void()> done);

private:
    const Store &m_store;
    metrics::Metrics &m_metrics;
};

} // namespace presence::rules
