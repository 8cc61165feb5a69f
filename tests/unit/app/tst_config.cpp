// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/config.h"
#include "tests/support/testcertificates.h"
#include "tests/support/testregistry.h"

#include <QFile>
#include <QTemporaryFile>
#include <QTest>

using namespace presence;
using namespace presence::app;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestConfig : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nothingSetMeansTheDefaults();
    void anEmptyVariableMeansTheDefault();
    void withASecretOriginsAreThoseThatAreListed();
    void readsTheSeedsVariablesInTheirUnits();
    void refusesAndNamesVariableValueAndRange_data();
    void refusesAndNamesVariableValueAndRange();
    void aSecretIsNeverRepeated();
    void secretsMayBeInFiles();
    void tlsByUrlHasWhatTheVariablesSay();
    void theReadmeHasTheSameTable();
};

static Result<Config> configOf(const QList<std::pair<QString, QString>> &variables)
{
    QProcessEnvironment environment;
    for (const auto &[name, value] : variables)
        environment.insert(name, value);
    return Config::from(environment);
}

void TestConfig::nothingSetMeansTheDefaults()
{
    const auto config = configOf({});
    QVERIFY(config);
    QVERIFY(!config->hasRedis);
    QCOMPARE(config->port, 4001);
    QVERIFY(config->bind.isLoopback());
    QCOMPARE(config->presence.presenceTtl, 60s);
    QCOMPARE(config->presence.heartbeatInterval, 15'000ms);
    QCOMPARE(config->presence.typingTtl, 5s);
    QCOMPARE(config->presence.offlineGrace, 5s);
    QCOMPARE(config->presence.viewTtl, 300s);
    QCOMPARE(config->redisPoolSize, 0);
    QCOMPARE(config->redis.server.commandTimeout, 5000ms);
    QVERIFY(config->nodeName.startsWith("presence@"));
    QVERIFY(config->origins.isAny);
}

void TestConfig::anEmptyVariableMeansTheDefault()
{
    const auto config = configOf({{u"NODE_NAME"_s, QString()}, {u"PRESENCE_TTL"_s, QString()}});
    QVERIFY(config);
    QVERIFY(config->nodeName.startsWith("presence@"));
    QCOMPARE(config->presence.presenceTtl, 60s);
}

void TestConfig::withASecretOriginsAreThoseThatAreListed()
{
    const std::pair secret{u"AUTH_JWT_SECRET"_s, u"0123456789abcdef0123456789abcdef"_s};
    auto config = configOf({secret});
    QVERIFY(config && !config->origins.isAny && config->origins.listed.isEmpty());
    config = configOf({secret, {u"AUTH_ORIGINS"_s, u"https://A.example.com , http://b:8080"_s}});
    QVERIFY(config && !config->origins.isAny);
    QCOMPARE(config->origins.listed, (QSet<QByteArray>{"https://a.example.com", "http://b:8080"}));
    config = configOf({secret, {u"AUTH_ORIGINS"_s, u"*"_s}});
    QVERIFY(config && config->origins.isAny);
}

void TestConfig::readsTheSeedsVariablesInTheirUnits()
{
    const auto config = configOf({{u"REDIS_HOST"_s, u"redis-master"_s},
                                  {u"REDIS_PORT"_s, u"6380"_s},
                                  {u"REDIS_PASSWORD"_s, u"secret"_s},
                                  {u"REDIS_SSL"_s, u"false"_s},
                                  {u"REDIS_DATABASE"_s, u"2"_s},
                                  {u"REDIS_POOL_SIZE"_s, u"7"_s},
                                  {u"REDIS_TIMEOUT"_s, u"1500"_s},
                                  {u"HEARTBEAT_INTERVAL"_s, u"10000"_s},
                                  {u"PRESENCE_TTL"_s, u"30"_s},
                                  {u"TYPING_TTL"_s, u"9"_s},
                                  {u"NODE_NAME"_s, u"presence@node-1"_s}});
    QVERIFY(config);
    QVERIFY(config->hasRedis);
    QCOMPARE(config->redis.server.host, u"redis-master"_s);
    QCOMPARE(config->redis.server.port, 6380);
    QCOMPARE(config->redis.server.password, "secret"_ba);
    QCOMPARE(config->redis.server.database, 2);
    QCOMPARE(config->redisPoolSize, 7);
    QCOMPARE(config->redis.server.commandTimeout, 1500ms);
    QCOMPARE(config->presence.heartbeatInterval, 10'000ms);
    QCOMPARE(config->presence.presenceTtl, 30s);
    QCOMPARE(config->presence.typingTtl, 9s);
    QCOMPARE(config->nodeName, "presence@node-1"_ba);
}

void TestConfig::refusesAndNamesVariableValueAndRange_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("says");
    QTest::newRow("port") << u"PRESENCE_PORT"_s << u"70000"_s << u"from 0 to 65535"_s;
    QTest::newRow("not a number") << u"TYPING_TTL"_s << u"5s"_s << u"from 1 to 3600"_s;
    QTest::newRow("negative") << u"OFFLINE_GRACE"_s << u"-1"_s << u"from 0 to 3600"_s;
    QTest::newRow("address") << u"PRESENCE_BIND"_s << u"localhost"_s << u"address"_s;
    QTest::newRow("level") << u"LOG_LEVEL"_s << u"loud"_s << u"debug"_s;
    QTest::newRow("url") << u"REDIS_URL"_s << u"http://x"_s << u"REDIS_URL"_s;
    QTest::newRow("tls") << u"REDIS_SSL"_s << u"maybe"_s << u"true or false"_s;
    QTest::newRow("authority") << u"REDIS_SSL_CA"_s << u"/none"_s << u"PEM"_s;
    QTest::newRow("sentinels") << u"REDIS_SENTINELS"_s << u"a:1,b:x"_s << u"host:port"_s;
    QTest::newRow("cluster") << u"REDIS_CLUSTER_NODES"_s << u","_s << u"host:port"_s;
    QTest::newRow("origin without a scheme")
        << u"AUTH_ORIGINS"_s << u"https://a.example.com, b.example.com"_s << u"https://app"_s;
    QTest::newRow("origin with a path")
        << u"AUTH_ORIGINS"_s << u"https://a.example.com/"_s << u"https://app"_s;
    QTest::newRow("ttl against interval")
        << u"PRESENCE_TTL"_s << u"20"_s << u"HEARTBEAT_INTERVAL"_s;
    QTest::newRow("grace against ttl") << u"OFFLINE_GRACE"_s << u"60"_s << u"PRESENCE_TTL"_s;
    QTest::newRow("open without a secret")
        << u"PRESENCE_BIND"_s << u"0.0.0.0"_s << u"AUTH_JWT_SECRET"_s;
    QTest::newRow("name") << u"NODE_NAME"_s << u"a b"_s << u"characters"_s;
}

void TestConfig::refusesAndNamesVariableValueAndRange()
{
    QFETCH(QString, name);
    QFETCH(QString, value);
    QFETCH(QString, says);
    const auto config = configOf({{name, value}});
    QVERIFY(!config);
    QVERIFY2(config.error().detail.contains(name), qPrintable(config.error().detail));
    QVERIFY2(config.error().detail.contains(says), qPrintable(config.error().detail));
}

void TestConfig::aSecretIsNeverRepeated()
{
    const auto config = configOf({{u"AUTH_JWT_SECRET"_s, u"too-short"_s}});
    QVERIFY(!config);
    QVERIFY(!config.error().detail.contains(u"too-short"_s));
    QVERIFY(config.error().detail.contains(u"32 bytes"_s));
    for (const QString &name : {u"REDIS_URL"_s, u"REDIS_SENTINELS"_s, u"REDIS_CLUSTER_NODES"_s}) {
        const auto url = configOf({{name, u"redis://me:geheim@db:x/y"_s}});
        QVERIFY(!url);
        QVERIFY2(!url.error().detail.contains(u"geheim"_s), qPrintable(url.error().detail));
    }
}

void TestConfig::secretsMayBeInFiles()
{
    QTemporaryFile file;
    QVERIFY(file.open() && file.write("  geheim\n") > 0 && file.flush());
    const auto config = configOf({{u"REDIS_PASSWORD_FILE"_s, file.fileName()}});
    QVERIFY2(config, config ? "" : qPrintable(config.error().detail));
    QCOMPARE(config->redis.server.password, "geheim"_ba);
    const auto both = configOf(
        {{u"REDIS_PASSWORD_FILE"_s, file.fileName()}, {u"REDIS_PASSWORD"_s, u"other"_s}});
    QVERIFY(!both);
    QVERIFY(both.error().detail.contains("REDIS_PASSWORD_FILE"_L1));
    const auto missing = configOf({{u"MONGODB_URI_FILE"_s, u"/none"_s}});
    QVERIFY(!missing);
    QVERIFY(missing.error().detail.contains("MONGODB_URI_FILE=/none"_L1));
    const auto wrong = configOf({{u"AUTH_JWT_SECRET_FILE"_s, file.fileName()}});
    QVERIFY(!wrong);
    QVERIFY(!wrong.error().detail.contains("geheim"_L1));
    QVERIFY(wrong.error().detail.contains("32 bytes"_L1));
}

void TestConfig::tlsByUrlHasWhatTheVariablesSay()
{
    const auto &certificates = test::TestCertificates::get();
    const auto config = configOf({{u"REDIS_URL"_s, u"rediss://db"_s},
                                  {u"REDIS_DATABASE"_s, u"3"_s},
                                  {u"REDIS_SENTINELS"_s, u"a:1"_s},
                                  {u"REDIS_SSL_CA"_s, certificates.file(u"ca.crt"_s)},
                                  {u"REDIS_SSL_CERT"_s, certificates.file(u"client.crt"_s)},
                                  {u"REDIS_SSL_KEY"_s, certificates.file(u"client.key"_s)}});
    QVERIFY2(config, config ? "" : qPrintable(config.error().detail));
    QCOMPARE(config->redis.server.database, 3);
    for (const auto &tls : {config->redis.server.tls, config->redis.sentinel.tls}) {
        QVERIFY(tls);
        QCOMPARE(tls->caCertificates().size(), 1);
        QVERIFY(!tls->localCertificate().isNull());
    }
}

void TestConfig::theReadmeHasTheSameTable()
{
    QFile readme(QStringLiteral(PRESENCE_README));
    QVERIFY(readme.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(readme.readAll());
    for (const auto &variable : Config::variables()) {
        // The default of this one depends on the machine.
        const QString value
            = variable.name == "NODE_NAME"_L1 ? u"presence@<host name>"_s : variable.defaultValue;
        const QString quoted = value.isEmpty() ? QString() : u'`' + value + u'`';
        const QString row = u"| `%1` | %2 | %3 |"_s.arg(variable.name, quoted, variable.meaning);
        QVERIFY2(text.contains(row), qPrintable(row));
    }
}

PRESENCE_TEST(TestConfig)
#include "tst_config.moc"
