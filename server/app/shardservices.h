// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"
#include "server/app/shardarchive.h"
#include "server/auth/threadscope.h"
#include "server/bus/eventbus.h"
#include "server/canary/canary.h"
#include "server/channels/socketupgrade.h"
#include "server/http/archiveapi.h"
#include "server/http/crossorigin.h"
#include "server/http/metricsendpoint.h"
#include "server/http/presenceapi.h"
#include "server/presence/healthcheck.h"
#include "server/presence/presencegauges.h"
#include "server/redis/client.h"
#include "server/redis/subscriber.h"
#include "server/transport/longpoll/longpoll.h"
#include "server/transport/transportserver.h"
#include "shared/core/replaceable.h"

namespace presence::app {

/// What all shards share; immutable, or safe for all threads.
struct Shared
{
    const Config &config;
    const redis::KeySpace &keys;
    const rules::Scripts &scripts;
    const auth::JwtVerifier &verifier;
    metrics::Metrics &metrics;
    const std::atomic<bool> &isStreamConsumed; ///< as rules::ChangeStream has it
    transport::LongPollShards &longPolls;
    limits::Limiter &limiter;
    const Replaceable<transport::Origins> &origins;
    rules::RedisState &redisState;
    archive::Archive *archive = nullptr; ///< null: there is none
    const transport::TlsContext *tls = nullptr; ///< null: the public port is not encrypted
};

/// Everything one shard has: made and destroyed on its thread. Members are in the order in which
/// they need each other, so connections go first and Redis last.
class ShardServices final : public QObject
{
    Q_OBJECT
public:
    /// `connections` is this shard's part of the Redis pool, for everything but heartbeats;
    /// `index` is which shard it is.
    ShardServices(const Shared &shared, const redis::Deployment &redis, int connections,
                  size_t index);

    /// The port that it listens on.
    Result<quint16> listen(const QHostAddress &address, quint16 port);

    /// The same for METRICS_BIND.
    Result<quint16> listenForMetrics(const QHostAddress &address, quint16 port);

    /// Tells all clients to come back elsewhere; `done` when they are gone and Redis knows.
    void drain(std::function<void()> done);

    /// Connects to Redis anew: with the credentials that hold now, to the master that is one now.
    /// What is under way goes on.
    void renewRedis();

    /// The daemon's memory is short.
    void relieveMemory();

    /// Brought up to date once a second, to be read from any thread.
    struct Figures
    {
        std::atomic<qint64> redisReconnects = 0;
        std::atomic<qint64> redisErrors = 0; ///< error replies and failures
        // What waits.
        std::atomic<qint64> reads = 0; ///< rows that clients asked for
        std::atomic<qint64> redisCommands = 0; ///< that are not answered yet
        std::atomic<qint64> redisHeartbeats = 0;
    };
    const Figures &figures() const { return m_figures; }
    /// Of WebSockets and REST, and of long polling.
    std::array<const transport::TransportCounters *, 2> counters() const
    {
        return {&m_server.counters(), &m_longPoll.counters()};
    }
    qint64 trackedDevices() const { return m_heartbeats.count(); } ///< from any thread
    const rules::HeartbeatScheduler &heartbeats() const { return m_heartbeats; }

Q_SIGNALS:
    /// A connection was refused because its server is the master no more.
    void masterDemoted();

private:
    void observe();
    void watchRedis();
    void finishDrain();
    void lookAgain();
    void mustLookAgain();
    void refreshMetrics(std::function<void()> done);
    void measure();
    void noteConnections(); ///< those of this shard that are down

    auth::ThreadScope m_threadScope;
    const size_t m_index;
    Figures m_figures;
    metrics::FanOutCounts m_fanOut; ///< since measure()
    rules::RedisState &m_redisState;
    metrics::Metrics &m_metrics;
    metrics::LatencyTally m_latencies;
    redis::Client m_redis;
    redis::Client m_heartbeatRedis; ///< who is alive does not wait for what is read
    redis::Subscriber m_subscriber;
    rules::DataLossDetector m_losses;
    std::unique_ptr<ShardArchive> m_archive;
    rules::ChangeStream m_changes;
    rules::ChangeStream m_heartbeatChanges;
    rules::Store m_store;
    rules::Store m_heartbeatStore;
    bus::EventBus m_bus;
    rules::PresenceTracker m_tracker;
    rules::TypingTracker m_typing;
    rules::ChannelPresence m_viewers;
    rules::UserEraser m_eraser;
    rules::PresenceTracker m_heartbeatTracker; ///< of devices without a WebSocket
    rules::HeartbeatScheduler m_heartbeats;
    rules::HealthCheck m_health;
    rules::PresenceGauges m_gauges;
    limits::FairQueue m_readQueue;
    rules::PacedReads m_reads; ///< of clients
    hub::Hub m_hub;
    std::unique_ptr<canary::Canary> m_canary; ///< on the first shard, if there is one
    admin::AdminService m_admin;
    eventloop::DeadlineWheel m_deadlines;
    channels::Services m_channelServices;
    channels::SocketUpgrade m_upgrade;
    http::QtHttpBridge m_bridge;
    http::PresenceApi m_api;
    http::ArchiveApi m_archiveApi;
    http::Router m_router;
    transport::LongPoll m_longPoll;
    http::CrossOrigin m_crossOrigin;
    transport::TransportServer m_server;
    http::MetricsEndpoint m_metricsEndpoint;
    limits::Limiter m_metricsLimiter; ///< who monitors is not kept out by clients
    transport::TransportServer m_metricsServer; ///< of METRICS_BIND
    std::function<void()> m_drained;
    QTimer m_drainTimer;
    QTimer m_measure;
    QTimer m_subscribeAgain;
    bool m_mustLookAgain = false; ///< what is subscribed to, once Redis was found again
};

} // namespace presence::app
