// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/daemon.h"

#include "server/app/logsetup.h"
#include "server/app/memorybudget.h"
#include "server/app/processusage.h"
#include "server/app/welcome.h"
#include "shared/core/logging.h"

#include <QTcpServer>
#include <QThread>

#include <algorithm>

namespace presence::app {

using namespace Qt::StringLiterals;

/// Between two looks at whom nothing need be known of any more.
static constexpr std::chrono::milliseconds kLimitTick(200);

/// For Redis to say which format its data has.
static constexpr std::chrono::milliseconds kFormatPatience(1000);
/// The keys of TLS tickets are no older, and a certificate that was replaced without a word is
/// used.
static constexpr std::chrono::hours kTlsRenewal(24);
/// For all that are told of it to be followed at once.
static constexpr std::chrono::milliseconds kFollowPause(100);
static constexpr std::chrono::milliseconds kLongestFollowPause(10'000);
static constexpr std::chrono::milliseconds kFollowMemory(60'000);
/// For MongoDB to say that it is there: who comes meanwhile may be one that hid.
static constexpr std::chrono::milliseconds kArchivePatience(3000);

/// Those that need no source.
static auth::KeySet ownKeys(const Config &config)
{
    auth::KeySet keys;
    if (!config.jwt.secret.isEmpty())
        keys.add(auth::Key::fromSecret(config.jwt.secret));
    return keys;
}

Daemon::Daemon(Config config)
    : m_config(std::move(config)),
      m_redisCredentials(std::make_shared<redis::CredentialStore>(m_config.redis.server)),
      m_sentinelCredentials(std::make_shared<redis::CredentialStore>(m_config.redis.sentinel)),
      m_keys(m_config.redis), m_verifier(m_config.jwt, m_keyRing),
      m_followPause(kFollowPause, kLongestFollowPause), m_metrics(PRESENCE_VERSION),
      m_origins(m_config.origins)
{
    m_config.redis.server.credentials = m_redisCredentials;
    m_config.redis.sentinel.credentials = m_sentinelCredentials;
    // The last to leave and the last to return still come back within the grace.
    m_config.transport.returnSpread = m_config.presence.offlineGrace / 2;
    m_metrics.addSource(&processSamples);
    m_metrics.addSource([this] { return limitSamples(); });
    m_metrics.addSource([this] { return redisSamples(); });
    m_keySource
        = std::make_unique<auth::KeySource>(m_config.keySource, ownKeys(m_config), m_keyRing);
    m_metrics.addSource([this] { return authSamples(); });
    m_follow.setSingleShot(true);
    connect(&m_follow, &QTimer::timeout, this, &Daemon::renewRedis);
    m_renewTls.setInterval(kTlsRenewal);
    connect(&m_renewTls, &QTimer::timeout, this, &Daemon::reloadTls);
}

Daemon::~Daemon()
{
    // What it ends with comes on the shards' threads, which use everything else.
    if (m_archive)
        m_archive->close();
    m_shards.reset();
}

static QString cannotListen(const Config &config, const QString &why)
{
    return u"cannot listen on %1:%2: %3"_s.arg(hostIn(config.bind)).arg(config.port).arg(why);
}

void Daemon::start()
{
    // The shards share their port, and the system would let another daemon of the same user share
    // it with them. This one does not share, so it finds that out.
    QTcpServer probe;
    if (m_config.port != 0 && !probe.listen(m_config.bind, m_config.port)) {
        Q_EMIT failed(cannotListen(m_config, probe.errorString()));
        return;
    }
    probe.close();
    if (const auto loaded = loadTls(); !loaded) {
        Q_EMIT failed(u"TLS_CERT, TLS_KEY: %1"_s.arg(loaded.error().detail));
        return;
    }
    if (!m_config.keySource.url.isEmpty()
        && (m_config.jwt.issuer.isEmpty() || m_config.jwt.audience.isEmpty()))
        qCWarning(lcApp)
            << "With AUTH_JWKS_URL every token that its keys have signed is good, also "
               "those for others: set AUTH_JWT_ISSUER and AUTH_JWT_AUDIENCE";
    if (const auto read = m_keySource->readFile(); !read) {
        Q_EMIT failed(u"AUTH_JWKS_FILE=%1: %2"_s.arg(m_config.keySource.file, read.error().detail));
        return;
    }
    if (m_config.hasRedis)
        return serve(m_config.redis);
    m_privateRedis = std::make_unique<PrivateRedis>(
        PrivateRedis::Options{.stateDirectory = m_config.stateDirectory});
    connect(m_privateRedis.get(), &PrivateRedis::failed, this, &Daemon::failed);
    connect(m_privateRedis.get(), &PrivateRedis::ready, this, [this](const QString &socketPath) {
        if (m_redis)
            return; // It was restarted: the clients find it again by themselves.
        redis::Endpoint endpoint = m_config.redis.server;
        endpoint.socketPath = socketPath;
        serve(endpoint);
    });
    m_privateRedis->start();
}

void Daemon::serve(const redis::Deployment &deployment)
{
    qCInfo(lcApp).noquote() << "Redis:" << deployment.toString();
    m_redis = std::make_unique<redis::Client>(deployment, 1);
    // A script that Redis does not know is sent again as text, behind what was sent after it. With
    // all of them loaded this stays a rare case, not that of every start.
    m_redis->load(m_scripts.all(), &m_scripts.users);
    m_consumers = std::make_unique<rules::StreamConsumers>(*m_redis, m_scripts);
    if (!makeArchive(deployment))
        return;
    m_changes = std::make_unique<rules::ChangeStream>(*m_redis, m_keys, m_consumers->isConsumed(),
                                                      m_config.presence.streamCapacity);
    m_store = std::make_unique<rules::Store>(
        rules::Store{*m_redis, m_keys, m_scripts, m_config.presence, nullptr, m_changes.get()});
    m_probe = std::make_unique<rules::WriteProbe>(*m_store, m_redisState);
    m_sweeper = std::make_unique<rules::Sweeper>(*m_store, m_config.nodeName);
    m_registry = std::make_unique<rules::NodeRegistry>(
        *m_store, m_config.nodeName, [this] { return report(); },
        [this] { return m_shards->lateness(); });
    m_recorder = std::make_unique<admin::FiguresRecorder>(*m_store, m_config.nodeName);
    m_incidents = std::make_unique<admin::IncidentRecorder>(*m_store, m_config.nodeName);
    connect(m_redis.get(), &redis::Client::ready, this, &Daemon::checkFormat);
    connect(m_redis.get(), &redis::Client::demoted, this, &Daemon::followMaster);
    // Not longer: it also serves while Redis is away.
    m_start.setSingleShot(true);
    connect(&m_start, &QTimer::timeout, this, [this, deployment] {
        if (m_isStopping)
            return;
        m_consumers->start([] {});
        startShards(deployment);
        m_probe->start();
        m_sweeper->start();
        m_registry->start();
        m_recorder->start();
        m_incidents->start();
    });
    m_start.start(kFormatPatience);
}

bool Daemon::makeArchive(const redis::Deployment &deployment)
{
    const archive::ArchiveConfig &config = m_config.archive;
    if (config.mongo.uri.isEmpty())
        return true;
    auto mongo = archive::Mongo::make(config.mongo);
    if (!mongo) {
        Q_EMIT failed(u"MONGODB_URI: %1"_s.arg(mongo.error().detail));
        return false;
    }
    m_archive = std::make_unique<archive::Archive>(config, *std::move(mongo), deployment, m_keys,
                                                   m_config.nodeName);
    connect(&m_archive->writer(), &archive::ArchiveWriter::tried, this, [this] {
        m_isArchiveTried = true;
        if (m_start.isActive() && m_isFormatClaimed)
            m_start.start(0);
    });
    m_archive->start();
    m_consumers->registerGroup(archive::ChangeReader::kGroup, config.maxAge);
    m_metrics.addSource([this] { return archiveSamples(); });
    return true;
}

/// Before anything is written, where Redis is there.
void Daemon::checkFormat()
{
    rules::claimFormat(*m_store, [this](const Result<void> &claimed) {
        if (!claimed && claimed.error().code == ErrorCode::Invalid)
            Q_EMIT failed(claimed.error().detail);
        else if (m_start.isActive())
            m_consumers->start([this] {
                m_isFormatClaimed = true;
                const bool waits = m_archive && !m_isArchiveTried;
                if (m_start.isActive())
                    m_start.start(waits ? kArchivePatience : std::chrono::milliseconds(0));
            });
    });
}

/// What is left for connections after Redis, files and what libraries open.
static int connectionsPerShard(const Config &config, int shards)
{
    constexpr int kReserved = 100;
    constexpr int kMasters = 32; ///< of a cluster, whose size is not known yet
    const int servers = config.redis.kind == redis::Deployment::Kind::Cluster ? kMasters : 1;
    // Commands, heartbeats, and Pub/Sub of both kinds.
    const int forRedis = std::max(config.redisPoolSize, shards * servers) + 3 * shards * servers;
    return std::max(1, (config.descriptors - forRedis - kReserved) / shards);
}

/// With what this process has, where nothing was set or more than that.
static limits::Limits limitsOf(const Config &config, int shards)
{
    limits::Limits limits = config.limits;
    const int most = shards * connectionsPerShard(config, shards);
    limits.connections = limits.connections == 0 ? most : std::min(limits.connections, most);
    if (limits.memory == 0)
        limits.memory = defaultMemoryBudget();
    return limits;
}

void Daemon::startShards(const redis::Deployment &deployment)
{
    const int count
        = m_config.shards > 0 ? m_config.shards : std::max(1, QThread::idealThreadCount());
    // Commands of a loop pass leave together: more connections mean more and smaller writes.
    const int connections = std::max(1, m_config.redisPoolSize / count);
    m_limiter = std::make_unique<limits::Limiter>(limitsOf(m_config, count));
    connect(&m_limitTimer, &QTimer::timeout, this, &Daemon::tendLimits);
    m_limitTimer.start(kLimitTick);
    m_shards = std::make_unique<ShardPool>(count);
    m_metrics.addSource([shards = m_shards.get()] { return shards->samples(); });
    connect(m_shards.get(), &ShardPool::masterDemoted, this, &Daemon::followMaster);
    m_shards->start({m_config, m_keys, m_scripts, m_verifier, m_metrics, m_consumers->isConsumed(),
                     m_shards->longPolls(), *m_limiter, m_origins, m_redisState, m_archive.get(),
                     m_config.tlsCertificate.isEmpty() ? nullptr : &m_tls},
                    deployment, connections);
    m_shards->listen(m_config.bind, m_config.port, [this](const Result<quint16> &bound) {
        if (m_isStopping)
            return;
        if (bound)
            listenForMetrics(*bound);
        else
            Q_EMIT failed(cannotListen(m_config, bound.error().detail));
    });
}

/// `port` is that of clients.
void Daemon::listenForMetrics(quint16 port)
{
    if (m_config.metricsBind.isNull())
        return serving(port);
    const auto done = [this, port](const Result<quint16> &bound) {
        if (m_isStopping)
            return;
        const QString address = m_config.metricsBind.toString();
        if (!bound && m_config.mustServeMetrics) {
            Q_EMIT failed(u"METRICS_BIND: cannot listen on %1:%2: %3"_s.arg(address)
                              .arg(m_config.metricsPort)
                              .arg(bound.error().detail));
            return;
        }
        if (bound)
            qCInfo(lcApp).noquote().nospace()
                << "Metrics: http://" << address << ':' << *bound << "/metrics";
        else
            qCWarning(lcApp).noquote().nospace()
                << "Metrics have no address: " << address << ':' << m_config.metricsPort
                << " is taken; METRICS_BIND gives another one";
        serving(port);
    };
    m_shards->listenForMetrics(m_config.metricsBind, m_config.metricsPort, done);
}

void Daemon::serving(quint16 port)
{
    m_isServing = true;
    Q_EMIT started(port);
}

/// Several times a second.
void Daemon::tendLimits()
{
    m_limiter->sweep();
    constexpr int kSecond = std::chrono::milliseconds(1000) / kLimitTick;
    if (m_limitTicks++ % kSecond == 0)
        watchMemory();
}

/// Nobody is cut for what was freed already and only waits for reuse.
void Daemon::watchMemory()
{
    m_limiter->setMemory(processUsage().memory);
    if (!m_limiter->isMemoryShort())
        return;
    releaseFreeMemory();
    m_limiter->setMemory(processUsage().memory);
    if (!m_limiter->isMemoryShort())
        return;
    m_shards->tell(&ShardServices::relieveMemory);
}

void Daemon::stop()
{
    if (std::exchange(m_isStopping, true))
        return;
    m_redisState.setDraining();
    if (!m_shards) {
        Q_EMIT finished();
        return;
    }
    m_registry->announce(); // that it drains
    m_incidents->drain();
    // Nobody has been let in by one that could not start.
    QTimer::singleShot(m_isServing ? m_config.drainDelay : std::chrono::milliseconds(0), this,
                       &Daemon::drain);
}

void Daemon::drain()
{
    m_shards->drain([this] { drained(); });
}

void Daemon::ping(std::function<void()> answered)
{
    if (!m_shards)
        return answered();
    m_shards->ping(answered);
}

void Daemon::drained()
{
    // Others need not wait for the lease to end. That it stops is told before it is missed.
    m_sweeper->stop([this] {
        m_incidents->stop([this] {
            m_registry->stop([this] {
                if (m_archive)
                    m_archive->stop([this] { Q_EMIT finished(); });
                else
                    Q_EMIT finished();
            });
        });
    });
}

rules::NodeReport Daemon::report()
{
    const ProcessUsage usage = processUsage();
    rules::NodeReport report{.version = PRESENCE_VERSION,
                             .memory = usage.memory,
                             .isDraining = m_isStopping,
                             .processor = usage.processor,
                             .joins = static_cast<qint64>(m_metrics.joins.Value()),
                             .events = static_cast<qint64>(m_metrics.eventsReceived.Value())};
    m_shards->report(report, [this](std::chrono::microseconds lag) {
        m_metrics.loopLag.Observe(std::chrono::duration<double>(lag).count());
    });
    return report;
}

Result<void> Daemon::loadTls()
{
    if (m_config.tlsCertificate.isEmpty())
        return {};
    m_renewTls.start();
    return m_tls.load(m_config.tlsCertificate, m_config.tlsKey);
}

void Daemon::reloadTls()
{
    if (const auto loaded = loadTls(); !loaded)
        qCWarning(lcApp).noquote() << "The certificate stays as it is:" << loaded.error().detail;
}

void Daemon::renewRedis()
{
    if (m_redis)
        m_redis->renew();
    if (m_archive)
        m_archive->renewRedis();
    if (m_shards)
        m_shards->tell(&ShardServices::renewRedis);
}

/// One connection was told that its master is none any more: the others need not find out one by
/// one, and those that only listen never would.
void Daemon::followMaster()
{
    if (m_follow.isActive())
        return;
    // A server that calls itself the master, and takes no changes, is not run after.
    if (m_sinceFollowed.isValid() && m_sinceFollowed.hasExpired(kFollowMemory.count()))
        m_followPause.reset();
    m_sinceFollowed.start();
    m_follow.start(m_followPause.next());
}

/// What `next` cannot be taken for, or nothing. Who may come in is not to change by what is
/// missing.
static QString faultOf(const Config &now, const Config &next)
{
    const bool hasKeys = !now.keySource.url.isEmpty() || !now.keySource.file.isEmpty();
    if (now.settings.isOfFile() && !next.settings.isOfFile())
        return u"%1 is empty"_s.arg(now.file);
    if (next.jwt.secret.isEmpty() && !hasKeys && !now.isSecretMade)
        return u"AUTH_JWT_SECRET is gone"_s;
    return {};
}

void Daemon::reload()
{
    reloadTls();
    auto next = Config::from(QProcessEnvironment::systemEnvironment(), m_config.file);
    const QString fault = next ? faultOf(m_config, *next) : next.error().detail;
    if (!fault.isEmpty()) {
        m_keySource->reload(ownKeys(m_config));
        qCWarning(lcApp).noquote() << "SIGHUP: the configuration stays as it is:" << fault;
        return;
    }
    setUpLog(next->logLevel, next->logFormat);
    qCInfo(lcApp).noquote()
        << "SIGHUP: read again are certificates, the JWKS, files of secrets, and of "
           "the configuration file the log's level and format, origins, limits "
           "and the credentials of Redis";
    const QStringList others = m_config.needRestart(*next);
    if (!others.isEmpty())
        qCWarning(lcApp).noquote() << "SIGHUP: needs a restart:" << others.join(u", "_s);
    if (!next->jwt.secret.isEmpty() || !m_config.isSecretMade)
        m_config.jwt.secret = next->jwt.secret;
    m_keySource->reload(ownKeys(m_config));
    m_origins.replace(next->origins);
    m_config.limits = next->limits;
    if (m_limiter)
        m_limiter->replace(limitsOf(m_config, m_shards->count()));
    if (m_config.hasRedis && m_config.isSameServer(*next)) {
        // What is wrong in them costs nothing: the connections that there are stay until others are
        // let in.
        m_redisCredentials->replace(next->redis.server);
        m_sentinelCredentials->replace(next->redis.sentinel);
        renewRedis();
    }
}

} // namespace presence::app
