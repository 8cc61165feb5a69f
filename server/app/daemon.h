// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/figuresrecorder.h"
#include "server/admin/incidentrecorder.h"
#include "server/app/config.h"
#include "server/app/privateredis.h"
#include "server/app/shardpool.h"
#include "server/presence/sweeper.h"
#include "server/presence/writeprobe.h"
#include "shared/core/backoff.h"
#include "shared/core/replaceable.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <memory>
#include <vector>

namespace presence::app {

/// The composition root: makes everything, in order, and takes it down in the reverse order.
/// Lives on the main thread.
class Daemon final : public QObject
{
    Q_OBJECT
public:
    explicit Daemon(Config config);
    ~Daemon() override;

    void start(); ///< ends with started() or failed()

    /// Drains: no new connections, clients are told to come back elsewhere, then finished().
    void stop();

    /// Reads keys, certificates and the credentials of Redis again, as on SIGHUP. Nobody is
    /// dropped.
    void reload();

    /// Calls `answered` once every thread's event loop has turned.
    void ping(std::function<void()> answered);

Q_SIGNALS:
    void started(quint16 port);
    /// It cannot serve, or not any more: to be stopped.
    void failed(const QString &why);
    void finished();

private:
    Result<void> loadTls();
    void reloadTls();
    void renewRedis();
    void followMaster();
    void serve(const redis::Deployment &deployment);
    void checkFormat();
    bool makeArchive(const redis::Deployment &deployment);
    std::vector<metrics::Sample> archiveSamples() const;
    void startShards(const redis::Deployment &deployment);
    void listenForMetrics(quint16 port);
    void serving(quint16 port);
    void tendLimits();
    void watchMemory();
    std::vector<metrics::Sample> limitSamples() const;
    std::vector<metrics::Sample> redisSamples() const;
    void drain();
    void drained();
    static std::vector<metrics::Sample> processSamples();
    std::vector<metrics::Sample> authSamples() const;
    rules::NodeReport report();

    Config m_config; ///< but for limits and secret not changed once the shards have started
    std::shared_ptr<redis::CredentialStore> m_redisCredentials;
    std::shared_ptr<redis::CredentialStore> m_sentinelCredentials;
    redis::KeySpace m_keys;
    rules::Scripts m_scripts;
    auth::KeyRing m_keyRing;
    auth::JwtVerifier m_verifier;
    std::unique_ptr<auth::KeySource> m_keySource;
    transport::TlsContext m_tls;
    QTimer m_renewTls;
    QTimer m_follow; ///< the master of Redis, where one was demoted
    Backoff m_followPause;
    QElapsedTimer m_sinceFollowed;
    metrics::Metrics m_metrics;
    std::unique_ptr<PrivateRedis> m_privateRedis; ///< only when none is configured
    std::unique_ptr<redis::Client> m_redis; ///< for the sweeper and the registry
    std::unique_ptr<rules::StreamConsumers> m_consumers;
    std::unique_ptr<rules::ChangeStream> m_changes; ///< of the sweeper
    std::unique_ptr<archive::Archive> m_archive; ///< null: there is none
    std::unique_ptr<rules::Store> m_store;
    rules::RedisState m_redisState;
    std::unique_ptr<rules::WriteProbe> m_probe;
    std::unique_ptr<rules::Sweeper> m_sweeper;
    std::unique_ptr<rules::NodeRegistry> m_registry;
    std::unique_ptr<admin::FiguresRecorder> m_recorder;
    std::unique_ptr<admin::IncidentRecorder> m_incidents;
    QTimer m_start; ///< of the shards
    bool m_isFormatClaimed = false;
    bool m_isArchiveTried = false; ///< it is known whether MongoDB is there

    std::unique_ptr<limits::Limiter> m_limiter;
    Replaceable<transport::Origins> m_origins;
    QTimer m_limitTimer;
    int m_limitTicks = 0;
    std::unique_ptr<ShardPool> m_shards; ///< null until Redis is known
    bool m_isServing = false; ///< it has said so
    bool m_isStopping = false;
};

} // namespace presence::app
