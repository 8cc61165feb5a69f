// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/shardservices.h"
#include "server/presence/sweeper.h"

namespace presence::test {

/// One node, put together as app::Daemon does it, but on this thread. Destroying it is its death:
/// nobody is told anything. What it still has to say to Redis has to be cut off before.
class Node
{
public:
    explicit Node(app::Config config);
    Q_DISABLE_COPY_MOVE(Node)

    quint16 port() const { return m_port; }
    qint64 openWebSockets() const { return m_services.counters().front()->openWebSockets.value(); }
    /// Refreshes of devices so far.
    double heartbeats() const { return m_metrics.heartbeatsOk.Value(); }
    void drain(std::function<void()> done) { m_services.drain(std::move(done)); }

private:
    app::Config m_config;
    redis::KeySpace m_keys;
    rules::Scripts m_scripts;
    auth::JwtVerifier m_verifier;
    metrics::Metrics m_metrics;
    redis::Client m_redis; ///< of the sweeper
    const std::atomic<bool> m_isConsumed = true; ///< the change stream
    rules::ChangeStream m_changes;
    rules::Store m_store;
    rules::Sweeper m_sweeper;
    limits::Limiter m_limiter;
    Replaceable<transport::Origins> m_origins;
    rules::RedisState m_redisState;
    transport::LongPollShards m_longPolls;
    app::ShardServices m_services;
    quint16 m_port = 0;
};

} // namespace presence::test
