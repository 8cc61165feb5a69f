// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/metrics/metrics.h"
#include "server/presence/store.h"

namespace presence::rules {

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
    void read(const QByteArray &key, Callback<metrics::LabelledCounts> done);

    const Store &m_store;
    metrics::Metrics &m_metrics;
};

} // namespace presence::rules
