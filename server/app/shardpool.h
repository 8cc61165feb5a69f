// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/shardservices.h"
#include "server/eventloop/shard.h"
#include "server/presence/noderegistry.h"

#include <mutex>

namespace presence::app {

/// All shards of the daemon, and what is told to all of them. Belongs to the main thread, where
/// callbacks and signals come as well.
class ShardPool final : public QObject
{
    Q_OBJECT
public:
    explicit ShardPool(int count);
    ~ShardPool() override; ///< stops them, one after the other

    int count() const { return static_cast<int>(m_shards.size()); }
    transport::LongPollShards &longPolls() { return m_longPolls; }

    /// Has each make its services; `connections` is its part of the Redis pool.
    void start(const Shared &shared, const redis::Deployment &redis, int connections);

    /// With the port that they all listen on: with port 0 the first one finds it. Nothing comes
    /// when they begin to drain meanwhile.
    void listen(const QHostAddress &address, quint16 port, Callback<quint16> done);
    /// For METRICS_BIND, on the first.
    void listenForMetrics(const QHostAddress &address, quint16 port, Callback<quint16> done);

    /// `done` when the clients of all are gone and Redis knows.
    void drain(std::function<void()> done);
    /// `answered` once each event loop has turned.
    void ping(const std::function<void()> &answered);
    /// Has each do that, on its thread.
    void tell(void (ShardServices::*what)());

    rules::NodeRegistry::Lateness lateness() const; ///< of any of them
    /// Adds their figures up; `lagged` is told how late each was.
    void report(rules::NodeReport &report,
                const std::function<void(std::chrono::microseconds)> &lagged);
    std::vector<metrics::Sample> samples() const; ///< for Prometheus; from any thread

Q_SIGNALS:
    void masterDemoted(); ///< as ShardServices has it

private:
    struct Entry
    {
        std::unique_ptr<eventloop::Shard> shard;
        ShardServices *services = nullptr; ///< on the shard's thread, except for counters()
    };

    static std::vector<Entry> make(int count);
    std::vector<transport::LongPollShards::Post> posts() const;
    void listenFrom(size_t index, const QHostAddress &address, quint16 port,
                    const Callback<quint16> &done);
    void addTransport(std::vector<metrics::Sample> &samples) const;
    void addClosed(std::vector<metrics::Sample> &samples) const;
    void addRedis(std::vector<metrics::Sample> &samples) const;
    qint64 sum(const std::function<qint64(const transport::TransportCounters &)> &of) const;
    double sum(std::atomic<qint64> ShardServices::Figures::*figure) const;

    std::vector<Entry> m_shards;
    transport::LongPollShards m_longPolls;
    mutable std::mutex m_samplesMutex; ///< of m_hasSamples; the shards ask for samples
    bool m_hasSamples = true; ///< all of them are there
    size_t m_undrained = 0;
    bool m_isDraining = false;
};

} // namespace presence::app
