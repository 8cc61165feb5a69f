// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/shardservices.h"

#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"
#include "shared/core/reservedid.h"

namespace presence::app {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Of the wheel of connection deadlines: they are seconds, and may be late by this.
static constexpr auto kDeadlineTick = 250ms;
/// Between two looks at how many connections are left.
static constexpr auto kDrainPoll = 50ms;
/// Between two looks at what waits.
static constexpr auto kMeasured = 1s;
/// That a topic is kept after its last receiver has left.
static constexpr auto kLinger = 5s;

static hub::Sources sourcesFor(rules::PresenceTracker &tracker, rules::ChannelPresence &viewers)
{
    return {[&tracker](const UserId &user, Callback<bus::UserEvent> done) {
                tracker.readSeen(user, std::move(done));
            },
            [&tracker](const WorkspaceId &workspace, Callback<Roster> done) {
                tracker.readWorkspace(workspace, std::move(done));
            },
            [&viewers](const ChannelId &channel, Callback<Roster> done) {
                viewers.readChannel(channel, std::move(done));
            }};
}

static void logSlowCall(QByteArrayView operation, std::chrono::nanoseconds latency)
{
    if (mayLog(u"Slow call operation="_s + QString::fromLatin1(operation)))
        qCWarning(lcRedis).noquote().nospace()
            << "Slow call operation=" << operation
            << " seconds=" << std::chrono::duration<double>(latency).count();
}

static std::function<qint64()> certificateEnds(const transport::TlsContext *tls)
{
    if (!tls)
        return {};
    return [tls] { return tls->notAfter(); };
}

ShardServices::ShardServices(const Shared &shared, const redis::Deployment &redis, int connections,
                             size_t index)
    : m_index(index), m_redisState(shared.redisState), m_metrics(shared.metrics),
      m_latencies(shared.metrics), m_redis(redis, connections), m_heartbeatRedis(redis),
      m_subscriber(redis), m_losses(m_redis, shared.config.presence.collectingTime()),
      m_archive(shared.archive ? std::make_unique<ShardArchive>(*shared.archive, this) : nullptr),
      m_changes(m_redis, shared.keys, shared.isStreamConsumed,
                shared.config.presence.streamCapacity),
      m_heartbeatChanges(m_heartbeatRedis, shared.keys, shared.isStreamConsumed,
                         shared.config.presence.streamCapacity),
      m_store{m_redis,   shared.keys, shared.scripts, shared.config.presence,
              &m_losses, &m_changes,  m_archive.get()},
      m_heartbeatStore{m_heartbeatRedis,       shared.keys, shared.scripts,
                       shared.config.presence, &m_losses,   &m_heartbeatChanges,
                       m_archive.get()},
      m_bus(m_subscriber), m_tracker(m_store), m_typing(m_store), m_viewers(m_store),
      m_eraser(m_store), m_heartbeatTracker(m_heartbeatStore),
      m_heartbeats(m_heartbeatStore, m_tracker, m_viewers),
      m_health(m_store, QStringLiteral(PRESENCE_VERSION), shared.redisState),
      m_gauges(m_store, shared.metrics), m_reads(m_tracker, m_viewers, m_typing, m_readQueue),
      m_hub(m_bus, shared.keys, sourcesFor(m_tracker, m_viewers),
            {shared.config.diffWindow, shared.config.presence.collectingTime(), kLinger}),
      m_admin({m_store, m_tracker, m_viewers, m_bus, m_hub, shared.metrics, shared.archive, this,
               &shared.redisState, certificateEnds(shared.tls)},
              redis, shared.config.nodeName, PRESENCE_VERSION),
      m_deadlines(kDeadlineTick), m_channelServices{m_tracker,
                                                    m_typing,
                                                    m_viewers,
                                                    m_heartbeats,
                                                    m_hub,
                                                    m_deadlines,
                                                    shared.metrics,
                                                    m_admin,
                                                    shared.config.transport.drainSpread,
                                                    redis::KeySpace::nodeTag(
                                                        shared.config.nodeName),
                                                    m_reads,
                                                    shared.verifier},
      m_upgrade(m_channelServices, shared.verifier, shared.limiter, shared.origins),
      m_api({m_tracker, m_heartbeatTracker, m_heartbeats, m_typing, m_viewers, m_store, m_health,
             [this](auto done) { refreshMetrics(std::move(done)); }, shared.metrics, m_latencies,
             shared.archive, m_reads, shared.limiter, shared.config.showsMetrics}),
      m_archiveApi({m_eraser, m_reads, shared.metrics, shared.archive, *this}),
      m_router(m_bridge, shared.verifier, shared.limiter),
      m_longPoll(shared.config.transport,
                 [this](const transport::HttpRequest &request) { return m_upgrade.admit(request); },
                 m_bridge, m_deadlines, shared.limiter,
                 {redis::KeySpace::nodeTag(shared.config.nodeName), index, shared.longPolls}),
      m_crossOrigin(m_longPoll, shared.origins),
      m_server(shared.config.transport, m_crossOrigin, m_upgrade, m_deadlines, shared.limiter,
               shared.tls),
      m_metricsEndpoint(m_api), m_metricsLimiter({.addressUnauthenticated = {}}),
      m_metricsServer(shared.config.transport, m_metricsEndpoint, m_metricsEndpoint, m_deadlines,
                      m_metricsLimiter)
{
    if (index == 0 && shared.config.canaryInterval.count() > 0) {
        m_canary = std::make_unique<canary::Canary>(
            canary::ConnectedUser::Services{m_store, m_tracker, m_heartbeats, m_hub},
            shared.metrics.registry(), redis::KeySpace::nodeTag(shared.config.nodeName),
            shared.config.canaryInterval);
        m_canary->start();
    }
    m_api.addTo(m_router);
    m_archiveApi.addTo(m_router);
    observe();
    watchRedis();
    connect(&m_server, &transport::TransportServer::drained, this,
            [this] { m_drainTimer.start(kDrainPoll); });
    connect(&m_drainTimer, &QTimer::timeout, this, &ShardServices::finishDrain);
}

/// What is counted as it happens.
void ShardServices::observe()
{
    for (redis::Client *client : {&m_redis, &m_heartbeatRedis}) {
        client->setLatencyObserver([this](QByteArrayView operation, auto latency) {
            m_latencies.observe(operation, latency);
            if (latency > metrics::LatencyCounts::kSlow)
                logSlowCall(operation, latency);
        });
    }
    m_bus.setFanOutObserver([this](qsizetype receivers) { m_fanOut.add(receivers); });
    connect(&m_subscriber, &redis::Subscriber::message, this,
            [&metrics = m_metrics](const QByteArray &channel) {
                if (!isOfReserved(channel))
                    metrics.eventsReceived.Increment();
            });
    connect(&m_heartbeats, &rules::HeartbeatScheduler::refreshed, this,
            [&metrics = m_metrics](int count, bool ok) {
                (ok ? metrics.heartbeatsOk : metrics.heartbeatsFailed).Increment(count);
            });
    connect(&m_measure, &QTimer::timeout, this, &ShardServices::measure);
    m_measure.start(kMeasured);
}

void ShardServices::watchRedis()
{
    // After a failover the subscriptions may have moved before the commands have: what was read in
    // between is what the old master had.
    connect(&m_redis, &redis::Client::ready, &m_bus, &bus::EventBus::invalidate);
    connect(&m_losses, &rules::DataLossDetector::collected, &m_bus, &bus::EventBus::invalidate);
    noteConnections();
    for (redis::Client *client : {&m_redis, &m_heartbeatRedis}) {
        for (const auto signal : {&redis::Client::ready, &redis::Client::lost})
            connect(client, signal, this, &ShardServices::noteConnections);
        // What it was subscribed to there goes on, but nothing that is published at the new master.
        connect(client, &redis::Client::demoted, this, &ShardServices::mustLookAgain);
        connect(client, &redis::Client::demoted, this, &ShardServices::masterDemoted);
        connect(client, &redis::Client::ready, this, &ShardServices::lookAgain);
    }
    for (const auto signal : {&redis::Subscriber::ready, &redis::Subscriber::lost})
        connect(&m_subscriber, signal, this, &ShardServices::noteConnections);
    m_subscribeAgain.setSingleShot(true);
    connect(&m_subscribeAgain, &QTimer::timeout, this, [this] {
        m_mustLookAgain = false;
        m_subscriber.lookAgain();
        m_admin.lookAgain();
    });
}

/// What is read of Redis only when somebody asks for metrics.
void ShardServices::refreshMetrics(std::function<void()> done)
{
    m_gauges.refresh(
        [this, done = std::move(done)] { m_admin.verdicts().measure(m_metrics, done); });
}

void ShardServices::measure()
{
    const auto commands = m_redis.counters();
    const auto heartbeats = m_heartbeatRedis.counters();
    m_figures.redisReconnects = static_cast<qint64>(commands.reconnects + heartbeats.reconnects);
    m_figures.redisErrors = static_cast<qint64>(commands.errors + heartbeats.errors);
    m_figures.redisCommands = static_cast<qint64>(commands.pending);
    m_figures.redisHeartbeats = static_cast<qint64>(heartbeats.pending);
    m_figures.reads = m_readQueue.waiting();
    const metrics::FanOutCounts fanOut = std::exchange(m_fanOut, {});
    m_metrics.fanOut.ObserveMultiple({fanOut.buckets.begin(), fanOut.buckets.end()}, fanOut.sum);
}

void ShardServices::noteConnections()
{
    QString down;
    if (!m_subscriber.isReady())
        down = QStringLiteral("the connection for Pub/Sub is down");
    if (!m_heartbeatRedis.isReady())
        down = QStringLiteral("the connection for heartbeats is down");
    if (!m_redis.isReady())
        down = QStringLiteral("a connection for commands is down");
    using Connection = rules::RedisState::Connection;
    m_redisState.setShardFault(m_index, down,
                               m_redis.isReady() ? Connection::Other : Connection::ForCommands);
}

Result<quint16> ShardServices::listen(const QHostAddress &address, quint16 port)
{
    return m_server.listen(address, port);
}

Result<quint16> ShardServices::listenForMetrics(const QHostAddress &address, quint16 port)
{
    return m_metricsServer.listen(address, port);
}

void ShardServices::renewRedis()
{
    m_redis.renew();
    m_heartbeatRedis.renew();
    m_subscriber.renew();
    m_admin.renewRedis();
}

void ShardServices::mustLookAgain()
{
    m_mustLookAgain = true;
}

/// Once for all connections that have found the master, or were let in anew.
void ShardServices::lookAgain()
{
    constexpr auto kTogether = 100ms;
    if (m_mustLookAgain && !m_subscribeAgain.isActive())
        m_subscribeAgain.start(kTogether);
}

void ShardServices::relieveMemory()
{
    m_server.relieveMemory();
    m_longPoll.cutLargestOutboxes();
}

void ShardServices::drain(std::function<void()> done)
{
    m_drained = std::move(done);
    if (m_canary)
        m_canary->stop();
    m_server.drain(protocol::CloseCode::Draining);
    m_longPoll.drain();
}

void ShardServices::finishDrain()
{
    // The closed connections have something to say to Redis. Should it be away, that ends as well,
    // and the sweeper of another node will find them.
    if (m_server.connectionCount() > 0 || m_longPoll.sessionCount() > 0 || !m_redis.isIdle()
        || !m_heartbeatRedis.isIdle())
        return;
    m_drainTimer.stop();
    std::exchange(m_drained, nullptr)();
}

} // namespace presence::app
