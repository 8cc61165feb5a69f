// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/redisdeployment.h"

#include "tests/support/testcertificates.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QRegularExpression>
#include <QSslCertificate>
#include <QSslKey>
#include <QThread>

#include <algorithm>
#include <functional>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr int kDeploymentPatience = 30'000; // ms
static constexpr int kDeploymentPoll = 20; // ms
static constexpr auto kMaster = "presence-master";

/// A clock that jumps must look like no outage.
static const QStringList kPatientReplication{u"--repl-timeout"_s, u"1000000"_s,
                                             u"--repl-diskless-sync-delay"_s, u"0"_s};
/// ms. Longer than any test.
static constexpr int kNever = 1'000'000'000;
static constexpr int kNodeTimeout = 2000; ///< ms
static constexpr int kReplicas = 2;
static constexpr size_t kMasters = 3;

static bool until(const std::function<bool()> &condition)
{
    const QDeadlineTimer deadline(kDeploymentPatience);
    while (!condition()) {
        if (deadline.hasExpired())
            return false;
        QThread::msleep(kDeploymentPoll);
    }
    return true;
}

RedisDeployment::Kind RedisDeployment::kindToTest()
{
    static const QHash<QByteArray, Kind> kinds{{"", Kind::Single},
                                               {"single", Kind::Single},
                                               {"tls", Kind::Tls},
                                               {"sentinel", Kind::Sentinel},
                                               {"cluster", Kind::Cluster}};
    const QByteArray wanted = qgetenv("PRESENCE_TEST_REDIS");
    if (!kinds.contains(wanted))
        qFatal("PRESENCE_TEST_REDIS=%s: single, tls, sentinel or cluster", wanted.constData());
    return kinds[wanted];
}

std::shared_ptr<RedisDeployment> RedisDeployment::empty()
{
    const auto started = [] {
        auto deployment = std::make_shared<RedisDeployment>();
        if (!deployment->start())
            qFatal("redis-server does not start");
        return deployment;
    };
    if (kindToTest() == Kind::Single || kindToTest() == Kind::Tls)
        return started();
    static const std::shared_ptr<RedisDeployment> shared = started();
    shared->cli({u"FLUSHALL"_s});
    return shared;
}

RedisDeployment::RedisDeployment(const RedisServer::Options &options, Kind kind, Failover failover)
    : m_kind(kind), m_failover(failover), m_options(options)
{
    switch (kind) {
    case Kind::Single:
        addServer();
        break;
    case Kind::Tls:
        m_options.tcp = true;
        m_options.certificates = TestCertificates::get().path();
        addServer();
        break;
    case Kind::Sentinel:
        addReplicated();
        break;
    case Kind::Cluster:
        addCluster();
        break;
    }
}

RedisDeployment::~RedisDeployment() = default;

void RedisDeployment::addServer(const QStringList &extra)
{
    RedisServer::Options options = m_options;
    options.extra += extra;
    m_servers.push_back(std::make_unique<RedisServer>(options));
    // Until all of it is there.
    if (m_options.stoppedClock)
        m_servers.back()->letClockRun();
}

void RedisDeployment::addReplicated()
{
    m_options.tcp = true;
    m_options.extra += kPatientReplication;
    addServer();
    const QString masterPort = QString::number(server(0).port());
    for (int i = 0; i < kReplicas; ++i)
        addServer({u"--replicaof"_s, u"127.0.0.1"_s, masterPort});
    const int silence = m_failover == Failover::WhenSilent ? 1500 : kNever;
    for (int i = 0; i < 3; ++i) {
        RedisServer::Options options{.tcp = true};
        options.sentinelConfig
            = u"sentinel monitor %1 127.0.0.1 %2 2\n"
              "sentinel down-after-milliseconds %1 %3\n"
              "sentinel failover-timeout %1 6000"_s.arg(QLatin1StringView(kMaster), masterPort,
                                                        QString::number(silence));
        m_sentinels.push_back(std::make_unique<RedisServer>(options));
    }
}

void RedisDeployment::addCluster()
{
    m_options.tcp = true;
    m_options.extra += kPatientReplication;
    for (size_t i = 0; i < 2 * kMasters; ++i)
        addServer({u"--cluster-enabled"_s, u"yes"_s, u"--cluster-node-timeout"_s,
                   QString::number(kNodeTimeout), u"--cluster-port"_s, QString::number(freePort()),
                   u"--cluster-replica-validity-factor"_s, u"0"_s});
}

bool RedisDeployment::start()
{
    if (std::ranges::all_of(m_servers, [](const auto &server) { return server->isRunning(); }))
        return true;
    for (const auto *servers : {&m_servers, &m_sentinels}) {
        for (const auto &server : *servers) {
            if (!server->isRunning() && !server->start())
                return false;
        }
    }
    const bool isFirst = !std::exchange(m_isFormed, true);
    switch (m_kind) {
    case Kind::Single:
    case Kind::Tls:
        return true;
    case Kind::Sentinel:
        return until([this] { return isReplicated(); });
    case Kind::Cluster:
        return (!isFirst || formCluster()) && settleCluster();
    }
    return false;
}

bool RedisDeployment::isReplicated() const
{
    const QByteArray info = m_sentinels.back()->cli({u"INFO"_s, u"sentinel"_s});
    return info.contains("status=ok") && info.contains("slaves=2,sentinels=3")
        && m_servers[currentMaster()]->cli({u"INFO"_s, u"replication"_s}).count("state=online")
        == kReplicas;
}

bool RedisDeployment::formCluster()
{
    constexpr int kSlotsEach = 5461;
    for (size_t i = 0; i < size(); ++i)
        server(i).cli({u"CLUSTER"_s, u"SET-CONFIG-EPOCH"_s, QString::number(i + 1)});
    for (size_t i = 0; i < kMasters; ++i) {
        const int first = static_cast<int>(i) * kSlotsEach;
        const int last = i + 1 == kMasters ? 16383 : first + kSlotsEach - 1;
        server(i).cli(
            {u"CLUSTER"_s, u"ADDSLOTSRANGE"_s, QString::number(first), QString::number(last)});
    }
    for (size_t i = 1; i < size(); ++i) {
        const QByteArray busPort
            = server(i).cli({u"CONFIG"_s, u"GET"_s, u"cluster-port"_s}).split('\n').last();
        server(0).cli({u"CLUSTER"_s, u"MEET"_s, u"127.0.0.1"_s, QString::number(server(i).port()),
                       QString::fromLatin1(busPort)});
    }
    const auto knowEachOther = [this] {
        return std::ranges::all_of(m_servers, [](const auto &server) {
            return server->cli({u"CLUSTER"_s, u"INFO"_s}).contains("cluster_known_nodes:6");
        });
    };
    if (!until(knowEachOther))
        return false;
    for (size_t i = 0; i < kMasters; ++i) {
        const QString id = QString::fromLatin1(server(i).cli({u"CLUSTER"_s, u"MYID"_s}));
        const auto follows = [&, i] {
            return server(kMasters + i).cli({u"CLUSTER"_s, u"REPLICATE"_s, id}) == "OK";
        };
        if (!until(follows))
            return false;
    }
    return true;
}

bool RedisDeployment::isClusterUp() const
{
    return std::ranges::all_of(m_servers, [](const auto &server) {
        const QByteArray role = server->cli({u"INFO"_s, u"replication"_s});
        return server->cli({u"CLUSTER"_s, u"INFO"_s}).contains("cluster_state:ok")
            && server->cli({u"CLUSTER"_s, u"SLOTS"_s}).count("127.0.0.1") == 6
            && (role.contains("master_link_status:up") || role.contains("state=online"));
    });
}

bool RedisDeployment::setNodeTimeout(int timeout)
{
    return std::ranges::all_of(m_servers, [timeout](const auto &server) {
        return server->cli(
                   {u"CONFIG"_s, u"SET"_s, u"cluster-node-timeout"_s, QString::number(timeout)})
            == "OK";
    });
}

/// Servers that are patient from the beginning take long to know each other.
bool RedisDeployment::settleCluster()
{
    return until([this] { return isClusterUp(); })
        && (m_failover == Failover::WhenSilent || setNodeTimeout(kNever));
}

bool RedisDeployment::restart()
{
    // Those that begin anew take others for dead sooner than the patient ones would forget it.
    if (m_kind == Kind::Cluster && !setNodeTimeout(kNodeTimeout))
        return false;
    const size_t first = m_kind == Kind::Sentinel ? currentMaster() : 0;
    for (size_t i = 0; i < masters(); ++i) {
        if (!server(first + i).restart())
            return false;
    }
    return m_kind != Kind::Cluster || settleCluster();
}

bool RedisDeployment::kill()
{
    return std::ranges::all_of(m_servers, [](const auto &server) { return server->kill(); });
}

static redis::Address addressOf(const RedisServer &server)
{
    return {u"127.0.0.1"_s, server.port()};
}

static QSslConfiguration clientTls()
{
    const auto &certificates = TestCertificates::get();
    QFile key(certificates.file(u"client.key"_s));
    if (!key.open(QIODevice::ReadOnly))
        qFatal("no key of a client");
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(QSslCertificate::fromPath(certificates.file(u"ca.crt"_s)));
    tls.setLocalCertificateChain(QSslCertificate::fromPath(certificates.file(u"client.crt"_s)));
    tls.setPrivateKey(QSslKey(&key, QSsl::Ec));
    return tls;
}

redis::Deployment RedisDeployment::deployment() const
{
    using redis::Deployment;
    Deployment deployment;
    switch (m_kind) {
    case Kind::Single:
        return redis::Endpoint::parse(m_servers.front()->url()).value();
    case Kind::Tls:
        deployment.server = redis::Endpoint::parse(m_servers.front()->url()).value();
        deployment.server.tls = clientTls();
        break;
    case Kind::Sentinel:
        deployment.kind = Deployment::Kind::Sentinel;
        deployment.masterName = kMaster;
        for (const auto &sentinel : m_sentinels)
            deployment.nodes.push_back(addressOf(*sentinel));
        break;
    case Kind::Cluster:
        deployment.kind = Deployment::Kind::Cluster;
        deployment.nodes = {addressOf(*m_servers[0]), addressOf(*m_servers[1])};
        break;
    }
    return deployment;
}

redis::KeySpace RedisDeployment::keys() const
{
    using redis::KeySpace;
    return KeySpace(m_kind == Kind::Cluster ? KeySpace::HashTags::Braces
                                            : KeySpace::HashTags::None);
}

redis::Endpoint RedisDeployment::endpoint() const
{
    auto endpoint
        = redis::Endpoint::parse(m_servers[m_kind == Kind::Sentinel ? currentMaster() : 0]->url());
    if (m_kind == Kind::Tls)
        endpoint->tls = clientTls();
    return *endpoint;
}

QMap<QString, QString> RedisDeployment::environment() const
{
    const redis::Deployment where = deployment();
    QStringList nodes;
    for (const redis::Address &node : where.nodes)
        nodes.append(node.toString());
    const auto &server = *m_servers.front();
    switch (m_kind) {
    case Kind::Single:
        return {{u"REDIS_URL"_s, u"unix://"_s + server.socketPath()}};
    case Kind::Tls: {
        const auto &certificates = TestCertificates::get();
        return {{u"REDIS_HOST"_s, u"localhost"_s},
                {u"REDIS_PORT"_s, QString::number(server.port())},
                {u"REDIS_SSL"_s, u"true"_s},
                {u"REDIS_SSL_CA"_s, certificates.file(u"ca.crt"_s)},
                {u"REDIS_SSL_CERT"_s, certificates.file(u"client.crt"_s)},
                {u"REDIS_SSL_KEY"_s, certificates.file(u"client.key"_s)}};
    }
    case Kind::Sentinel:
        return {{u"REDIS_SENTINELS"_s, nodes.join(u',')},
                {u"REDIS_SENTINEL_MASTER"_s, QLatin1StringView(kMaster)}};
    case Kind::Cluster:
        return {{u"REDIS_CLUSTER_NODES"_s, nodes.join(u',')}};
    }
    return {};
}

/// presence:user:42:devices -> presence:user:{42}:devices; what is named so already stays.
static QString tagged(const QString &word)
{
    static const QRegularExpression key(
        u"^(presence:user:|presence:online:|presence:workspace:|presence:channel:|"
        "presence:typing:|typing:|presence:events:[a-z]+:)([^{].*?)"
        "(:devices|:changes|:viewers|:left|:signed_off)?$"_s);
    return QString(word).replace(key, u"\\1{\\2}\\3"_s);
}

QByteArray RedisDeployment::named(const QByteArray &key) const
{
    return m_kind == Kind::Cluster ? tagged(QString::fromUtf8(key)).toUtf8() : key;
}

QByteArray RedisDeployment::cli(const QStringList &arguments) const
{
    if (m_kind != Kind::Cluster)
        return m_servers[m_kind == Kind::Sentinel ? currentMaster() : 0]->cli(arguments);
    static const QStringList everywhere{u"KEYS"_s,   u"FLUSHALL"_s, u"CLIENT"_s,
                                        u"SCRIPT"_s, u"PUBSUB"_s,   u"CONFIG"_s};
    if (everywhere.contains(arguments.first().toUpper())) {
        QByteArrayList outputs;
        for (size_t i = 0; i < masters(); ++i)
            outputs.append(m_servers[i]->cli(arguments));
        outputs.removeAll(QByteArray());
        return outputs.join('\n');
    }
    QStringList words{u"-c"_s};
    for (const QString &word : arguments)
        words.append(tagged(word));
    const auto running
        = std::ranges::find_if(m_servers, [](const auto &server) { return server->isRunning(); });
    return running == m_servers.end() ? QByteArray() : (*running)->cli(words);
}

void RedisDeployment::freeze()
{
    for (const auto &server : m_servers)
        server->freeze();
}

void RedisDeployment::thaw()
{
    for (const auto &server : m_servers)
        server->thaw();
}

void RedisDeployment::setClock(std::chrono::sys_time<std::chrono::microseconds> time)
{
    for (const auto &server : m_servers)
        server->setClock(time);
}

size_t RedisDeployment::currentMaster() const
{
    const QByteArray place = m_sentinels.back()->cli(
        {u"SENTINEL"_s, u"GET-MASTER-ADDR-BY-NAME"_s, QLatin1StringView(kMaster)});
    for (size_t i = 0; i < m_servers.size(); ++i) {
        if (place.endsWith('\n' + QByteArray::number(m_servers[i]->port())))
            return i;
    }
    return 0;
}

bool RedisDeployment::failOver()
{
    return m_sentinels.back()->cli({u"SENTINEL"_s, u"FAILOVER"_s, QLatin1StringView(kMaster)})
        == "OK";
}

} // namespace presence::test
