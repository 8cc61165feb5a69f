// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/shardpool.h"

#include <atomic>
#include <future>

namespace presence::app {

std::vector<ShardPool::Entry> ShardPool::make(int count)
{
    std::vector<Entry> shards(static_cast<size_t>(count));
    for (size_t i = 0; i < shards.size(); ++i)
        shards[i].shard = std::make_unique<eventloop::Shard>(static_cast<int>(i));
    return shards;
}

std::vector<transport::LongPollShards::Post> ShardPool::posts() const
{
    std::vector<transport::LongPollShards::Post> posts;
    posts.reserve(m_shards.size());
    for (const Entry &entry : m_shards)
        posts.emplace_back([shard = entry.shard.get()](auto task) { shard->post(task); });
    return posts;
}

ShardPool::ShardPool(int count) : m_shards(make(count)), m_longPolls(posts()) { }

ShardPool::~ShardPool()
{
    {
        const std::scoped_lock lock(m_samplesMutex);
        m_hasSamples = false;
    }
    for (Entry &entry : m_shards)
        entry.shard->stop();
}

void ShardPool::start(const Shared &shared, const redis::Deployment &redis, int connections)
{
    for (size_t i = 0; i < m_shards.size(); ++i) {
        Entry &entry = m_shards[i];
        std::promise<ShardServices *> made;
        entry.shard->start([&shared, &redis, connections, i, &made] {
            auto services = std::make_unique<ShardServices>(shared, redis, connections, i);
            made.set_value(services.get());
            return services;
        });
        entry.services = made.get_future().get();
        connect(entry.services, &ShardServices::masterDemoted, this, &ShardPool::masterDemoted,
                Qt::QueuedConnection);
    }
}

void ShardPool::listen(const QHostAddress &address, quint16 port, Callback<quint16> done)
{
    listenFrom(0, address, port, done);
}

/// One after the other: the first one's port is that of all.
void ShardPool::listenFrom(size_t index, const QHostAddress &address, quint16 port,
                           const Callback<quint16> &done)
{
    if (m_isDraining)
        return;
    if (index == m_shards.size())
        return done(port);
    m_shards[index].shard->post([=, this, services = m_shards[index].services] {
        const auto bound = services->listen(address, port);
        QMetaObject::invokeMethod(this, [=, this] {
            if (bound)
                listenFrom(index + 1, address, *bound, done);
            else
                done(bound);
        });
    });
}

void ShardPool::listenForMetrics(const QHostAddress &address, quint16 port, Callback<quint16> done)
{
    m_shards[0].shard->post(
        [this, address, port, done = std::move(done), services = m_shards[0].services] {
            const auto bound = services->listenForMetrics(address, port);
            QMetaObject::invokeMethod(this, [done, bound] { done(bound); });
        });
}

void ShardPool::drain(std::function<void()> done)
{
    m_isDraining = true;
    m_undrained = m_shards.size();
    const auto drained = [this, done = std::move(done)] {
        if (--m_undrained == 0)
            done();
    };
    for (Entry &entry : m_shards) {
        entry.shard->post([this, drained, services = entry.services] {
            services->drain([this, drained] { QMetaObject::invokeMethod(this, drained); });
        });
    }
}

void ShardPool::ping(const std::function<void()> &answered)
{
    const auto left = std::make_shared<std::atomic<size_t>>(m_shards.size());
    for (Entry &entry : m_shards) {
        entry.shard->post([this, left, answered] {
            if (left->fetch_sub(1) == 1)
                QMetaObject::invokeMethod(this, answered);
        });
    }
}

void ShardPool::tell(void (ShardServices::*what)())
{
    for (Entry &entry : m_shards)
        entry.shard->post([services = entry.services, what] { (services->*what)(); });
}

rules::NodeRegistry::Lateness ShardPool::lateness() const
{
    rules::NodeRegistry::Lateness lateness;
    for (const Entry &entry : m_shards) {
        lateness.isBehind |= entry.services->heartbeats().isBehind();
        lateness.isRefusing |= entry.services->heartbeats().isRefusing();
    }
    return lateness;
}

void ShardPool::report(rules::NodeReport &report,
                       const std::function<void(std::chrono::microseconds)> &lagged)
{
    report.shards = count();
    for (Entry &entry : m_shards) {
        for (const transport::TransportCounters *counters : entry.services->counters()) {
            report.connections
                += counters->openWebSockets.value() + counters->openLongPolls.value();
            report.deliveries += counters->framesOut.value();
            report.messages += counters->messagesIn.value();
        }
        report.devices += entry.services->trackedDevices();
        const std::chrono::microseconds lag = entry.shard->takeLag();
        lagged(lag);
        report.lag = std::max(report.lag, lag);
    }
}

std::vector<metrics::Sample> ShardPool::samples() const
{
    std::vector<metrics::Sample> samples;
    const std::scoped_lock lock(m_samplesMutex);
    if (!m_hasSamples)
        return samples;
    addTransport(samples);
    addClosed(samples);
    addRedis(samples);
    return samples;
}

qint64 ShardPool::sum(const std::function<qint64(const transport::TransportCounters &)> &of) const
{
    qint64 sum = 0;
    for (const Entry &entry : m_shards) {
        for (const transport::TransportCounters *counters : entry.services->counters())
            sum += of(*counters);
    }
    return sum;
}

double ShardPool::sum(std::atomic<qint64> ShardServices::Figures::*figure) const
{
    double sum = 0;
    for (const Entry &entry : m_shards)
        sum += double((entry.services->figures().*figure).load());
    return sum;
}

void ShardPool::addTransport(std::vector<metrics::Sample> &samples) const
{
    using transport::TransportCounters;
    using enum metrics::Sample::Kind;
    struct Row
    {
        const char *name;
        const char *help;
        metrics::Sample::Kind kind;
        transport::Counter TransportCounters::*counter;
    };
    static constexpr std::array kRows{
        Row{"presence_connections", "Open WebSockets", Gauge, &TransportCounters::openWebSockets},
        Row{"presence_longpoll_sessions", "Sessions of long polling", Gauge,
            &TransportCounters::openLongPolls},
        Row{"presence_connections_accepted_total", "Connections accepted", Counter,
            &TransportCounters::accepted},
        Row{"presence_connections_rejected_total", "Connections closed when accepted", Counter,
            &TransportCounters::rejected},
        Row{"presence_tls_handshake_failures_total",
            "Connections closed since they did not speak TLS", Counter,
            &TransportCounters::failedHandshakes},
        Row{"presence_messages_in_total", "Messages of clients received", Counter,
            &TransportCounters::messagesIn},
        Row{"presence_messages_out_total", "Messages sent to clients", Counter,
            &TransportCounters::framesOut},
        Row{"presence_slow_consumers_total", "Clients cut because they did not read", Counter,
            &TransportCounters::slowConsumers},
        Row{"presence_superseded_messages_total", "Changes not sent to who reads too slowly",
            Counter, &TransportCounters::supersededFrames},
        Row{"presence_bytes_in_total", "Bytes of clients received", Counter,
            &TransportCounters::bytesIn},
        Row{"presence_bytes_out_total", "Bytes sent to clients", Counter,
            &TransportCounters::bytesOut},
        Row{"presence_request_faults_total", "Requests that were malformed, too large or too late",
            Counter, &TransportCounters::requestFaults},
        Row{"presence_protocol_errors_total", "WebSockets closed for breaking the protocol",
            Counter, &TransportCounters::protocolErrors}};
    for (const Row &row : kRows) {
        const auto all
            = sum([&row](const auto &counters) { return (counters.*row.counter).value(); });
        samples.push_back({row.name, row.help, row.kind, double(all)});
    }
}

void ShardPool::addClosed(std::vector<metrics::Sample> &samples) const
{
    constexpr auto &kCodes = transport::TransportCounters::kCloseCodes;
    metrics::Sample closed{"presence_closed_total",
                           "WebSockets and sessions of long polling closed, by code",
                           metrics::Sample::Kind::Counter};
    closed.label = "code";
    for (size_t i = 0; i <= kCodes.size(); ++i) {
        const auto all = sum([i](const auto &counters) { return counters.closed[i].value(); });
        closed.values.emplace_back(
            i < kCodes.size() ? std::to_string(static_cast<int>(kCodes[i])) : "other", double(all));
    }
    samples.push_back(std::move(closed));
}

void ShardPool::addRedis(std::vector<metrics::Sample> &samples) const
{
    using Figures = ShardServices::Figures;
    using enum metrics::Sample::Kind;
    samples.push_back({"presence_redis_reconnects_total",
                       "Times that a connection to Redis was ready again", Counter,
                       sum(&Figures::redisReconnects)});
    samples.push_back({"presence_redis_errors_total", "Error replies of Redis, and calls without",
                       Counter, sum(&Figures::redisErrors)});
    samples.push_back({.name = "presence_queue_length",
                       .help = "What waits: rows that clients asked for, calls to Redis",
                       .kind = Gauge,
                       .label = "queue",
                       .values = {{"reads", sum(&Figures::reads)},
                                  {"redis", sum(&Figures::redisCommands)},
                                  {"redis_heartbeats", sum(&Figures::redisHeartbeats)}}});
}

} // namespace presence::app
