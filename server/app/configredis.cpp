// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/configvariable.h"

#include <QFile>
#include <QSslCertificate>
#include <QSslKey>

namespace presence::app {

using namespace Qt::StringLiterals;
using redis::Deployment;

static constexpr quint16 kRedisPort = 6379;
static constexpr quint16 kSentinelPort = 26379;

static Result<void> setRedisUrl(Config &config, const QString &url)
{
    const auto endpoint = redis::Endpoint::parse(url);
    if (!endpoint)
        return Failure(endpoint.error());
    // What the URL does not say stays as the other variables have it.
    const redis::Endpoint before = std::exchange(config.redis.server, *endpoint);
    config.redis.server.commandTimeout = before.commandTimeout;
    config.redis.server.pingInterval = before.pingInterval;
    if (endpoint->username.isEmpty() && endpoint->password.isEmpty()) {
        config.redis.server.username = before.username;
        config.redis.server.password = before.password;
    }
    if (endpoint->database == 0)
        config.redis.server.database = before.database;
    config.hasRedis = true;
    return {};
}

static Setter addresses(Deployment::Kind kind, quint16 port)
{
    return [=](Config &config, const QString &text) -> Result<void> {
        const auto list = redis::Address::parseList(text, port);
        if (!list)
            return wrong(u"must be a list of host:port, separated by commas: "_s
                         + list.error().detail);
        if (config.redis.kind != Deployment::Kind::Single)
            return wrong(u"REDIS_SENTINELS is set as well: it is one or the other"_s);
        config.redis.kind = kind;
        config.redis.nodes = *list;
        config.hasRedis = true;
        return {};
    };
}

static QList<Variable> serverVariables()
{
    return {
        {"REDIS_HOST"_L1,
         {},
         u"host of Redis. Without it, REDIS_URL, REDIS_SENTINELS and REDIS_CLUSTER_NODES the daemon runs its own"_s,
         text([](Config &c, const QString &v) {
             c.redis.server.host = v;
             c.hasRedis = true;
         })},
        {"REDIS_PORT"_L1, QString::number(kRedisPort), u"port of Redis, 1-65535"_s,
         whole(1, 65535,
               [](Config &c, qint64 v) { c.redis.server.port = static_cast<quint16>(v); })},
        {"REDIS_USERNAME"_L1, {}, u"ACL user"_s, text([](Config &c, const QString &v) {
             c.redis.server.username = v.toUtf8();
         })},
        {"REDIS_PASSWORD"_L1, {}, u"password"_s, text([](Config &c, const QString &v) {
             c.redis.server.password = v.toUtf8();
         })},
        {"REDIS_DATABASE"_L1, u"0"_s, u"database number, 0-15; 0 in a cluster"_s,
         whole(0, 15, [](Config &c, qint64 v) { c.redis.server.database = static_cast<int>(v); })},
        {"REDIS_TIMEOUT"_L1, u"5000"_s, u"milliseconds to wait for an answer, 10-60000"_s,
         whole(10, 60'000,
               [](Config &c, qint64 v) {
                   c.redis.server.commandTimeout = std::chrono::milliseconds(v);
               })},
        {"REDIS_PING_INTERVAL"_L1, u"15"_s,
         u"seconds without an answer after which a connection to Redis is tried with a PING, 1-300"_s,
         whole(1, 300,
               [](Config &c, qint64 v) { c.redis.server.pingInterval = std::chrono::seconds(v); })},
        {"REDIS_URL"_L1,
         {},
         u"redis://[user[:password]@]host[:port][/db], rediss:// for TLS, valkey:// and valkeys:// as well, or unix:///path[?db=N]; goes before the others"_s,
         setRedisUrl},
        {"REDIS_POOL_SIZE"_L1, u"0"_s,
         u"connections to Redis for commands, over all shards, 0-1000; 0, which costs least: one a shard. A cluster has one a shard to each master. Heartbeats have another one a shard"_s,
         whole(0, 1000, [](Config &c, qint64 v) { c.redisPoolSize = static_cast<int>(v); })},
        {"PRESENCE_STATE_DIR"_L1,
         {},
         u"where the daemon's own Redis keeps its data. Default: the user's data directory"_s,
         text([](Config &c, const QString &v) { c.stateDirectory = v; })},
        {"PRESENCE_PUBLISH"_L1, u"true"_s,
         u"whether every change is published on presence:updates, presence:status and presence:typing for other services, true or false"_s,
         flag([](Config &c, bool v) { c.presence.publishes = v; })},
    };
}

static QList<Variable> tlsVariables()
{
    return {
        {"REDIS_SSL"_L1, u"false"_s, u"TLS to Redis, true or false"_s,
         flag([](Config &c, bool v) { c.redisTls.isWanted = v; })},
        {"REDIS_SSL_CA"_L1,
         {},
         u"PEM file of the authorities that may have signed Redis' certificate. Default: those of the system"_s,
         text([](Config &c, const QString &v) { c.redisTls.authorities = v; })},
        {"REDIS_SSL_CERT"_L1,
         {},
         u"PEM file of the daemon's own certificate, with those up to the authority"_s,
         text([](Config &c, const QString &v) { c.redisTls.certificate = v; })},
        {"REDIS_SSL_KEY"_L1,
         {},
         u"PEM file of its key, without a passphrase"_s,
         text([](Config &c, const QString &v) { c.redisTls.key = v; })},
    };
}

static QList<Variable> deploymentVariables()
{
    return {
        {"REDIS_SENTINELS"_L1,
         {},
         u"host:port of sentinels, separated by commas; they say who the master is. Port 26379 when left out"_s,
         addresses(Deployment::Kind::Sentinel, kSentinelPort)},
        {"REDIS_SENTINEL_MASTER"_L1, u"mymaster"_s, u"name under which the sentinels know it"_s,
         text([](Config &c, const QString &v) { c.redis.masterName = v.toUtf8(); })},
        {"REDIS_SENTINEL_USERNAME"_L1,
         {},
         u"ACL user of the sentinels"_s,
         text([](Config &c, const QString &v) { c.redis.sentinel.username = v.toUtf8(); })},
        {"REDIS_SENTINEL_PASSWORD"_L1,
         {},
         u"password of the sentinels"_s,
         text([](Config &c, const QString &v) { c.redis.sentinel.password = v.toUtf8(); })},
        {"REDIS_SENTINEL_SSL"_L1,
         {},
         u"TLS to the sentinels, true or false. Default: as REDIS_SSL"_s,
         flag([](Config &c, bool v) { c.redisTls.isWantedForSentinels = v; })},
        {"REDIS_CLUSTER_NODES"_L1,
         {},
         u"host:port of some nodes of a Redis Cluster, separated by commas; they say who the others are"_s,
         addresses(Deployment::Kind::Cluster, kRedisPort)},
    };
}

QList<Variable> redisVariables()
{
    return serverVariables() + tlsVariables() + deploymentVariables();
}

static Result<QList<QSslCertificate>> certificatesIn(const QString &variable, const QString &path)
{
    const auto certificates = QSslCertificate::fromPath(path, QSsl::Pem);
    if (certificates.isEmpty())
        return wrong(u"%1=%2: must be a PEM file with a certificate"_s.arg(variable, path));
    return certificates;
}

static Result<QSslKey> keyIn(const QString &path)
{
    QFile file(path);
    const QByteArray pem = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    for (const auto algorithm : {QSsl::Rsa, QSsl::Ec, QSsl::Dsa}) {
        if (const QSslKey key(pem, algorithm); !key.isNull())
            return key;
    }
    return wrong(
        u"REDIS_SSL_KEY=%1: must be a PEM file with a key without a passphrase"_s.arg(path));
}

static Result<QSslConfiguration> toTls(const Config::RedisTls &files)
{
    auto tls = QSslConfiguration::defaultConfiguration();
    tls.setPeerVerifyMode(QSslSocket::VerifyPeer);
    if (!files.authorities.isEmpty()) {
        const auto authorities = certificatesIn(u"REDIS_SSL_CA"_s, files.authorities);
        if (!authorities)
            return Failure(authorities.error());
        tls.setCaCertificates(*authorities);
    }
    if (files.certificate.isEmpty() != files.key.isEmpty())
        return wrong(u"REDIS_SSL_CERT and REDIS_SSL_KEY belong together: set both or none"_s);
    if (files.certificate.isEmpty())
        return tls;
    const auto certificate = certificatesIn(u"REDIS_SSL_CERT"_s, files.certificate);
    const auto key = keyIn(files.key);
    if (!certificate || !key)
        return Failure(certificate ? key.error() : certificate.error());
    tls.setLocalCertificateChain(*certificate);
    tls.setPrivateKey(*key);
    return tls;
}

Result<void> finishRedis(Config &config)
{
    Deployment &redis = config.redis;
    // By the URL or by the variable.
    config.redisTls.isWanted = config.redisTls.isWanted || redis.server.tls.has_value();
    if (redis.kind == Deployment::Kind::Cluster && redis.server.database != 0)
        return wrong(
            u"REDIS_DATABASE=%1: a cluster has database 0 only"_s.arg(redis.server.database));
    if (redis.kind != Deployment::Kind::Single)
        redis.server.socketPath.clear();
    if (config.redisTls.isWanted && !config.hasRedis)
        return wrong(u"REDIS_SSL=true: needs REDIS_HOST or another place of a Redis"_s);
    const bool forSentinels = redis.kind == Deployment::Kind::Sentinel
        && config.redisTls.isWantedForSentinels.value_or(config.redisTls.isWanted);
    if (config.redisTls.isWanted && !redis.server.socketPath.isEmpty())
        return wrong(u"REDIS_SSL=true: a unix socket has no TLS"_s);
    // Files that are wrong are said also while they are not needed.
    const auto tls = toTls(config.redisTls);
    if (!tls)
        return Failure(tls.error());
    if (config.redisTls.isWanted)
        redis.server.tls = *tls;
    if (forSentinels)
        redis.sentinel.tls = *tls;
    return {};
}

} // namespace presence::app
