// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/endpoint.h"
#include "tests/support/testregistry.h"

#include <QSslSocket>
#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace Qt::StringLiterals;

class TestEndpoint : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void urlsAreRead_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("host");
        QTest::addColumn<int>("port");
        QTest::addColumn<QByteArray>("username");
        QTest::addColumn<QByteArray>("password");
        QTest::addColumn<int>("database");

        QTest::newRow("host") << u"redis://db"_s << u"db"_s << 6379 << ""_ba
                              << ""_ba << 0;
        QTest::newRow("all") << u"redis://me:pw@db.example:7000/3"_s << u"db.example"_s << 7000
                             << "me"_ba
                             << "pw"_ba << 3;
        QTest::newRow("password") << u"redis://:pw@db/"_s << u"db"_s << 6379 << ""_ba
                                  << "pw"_ba << 0;
        QTest::newRow("user") << u"redis://me@db"_s << u"db"_s << 6379 << "me"_ba
                              << ""_ba << 0;
        QTest::newRow("encoded") << u"redis://a%40b:p%2Fw%25@db"_s << u"db"_s << 6379 << "a@b"_ba
                                 << "p/w%"_ba << 0;
        QTest::newRow("valkey") << u"valkey://me:pw@db:7000/3"_s << u"db"_s << 7000 << "me"_ba
                                << "pw"_ba << 3;
        QTest::newRow("ipv6") << u"redis://[::1]:7000"_s << u"::1"_s << 7000 << ""_ba
                              << ""_ba << 0;
    }

    void urlsAreRead()
    {
        QFETCH(QString, url);
        const Result<Endpoint> endpoint = Endpoint::parse(url);
        QVERIFY2(endpoint, endpoint ? "" : qPrintable(endpoint.error().detail));
        QTEST(endpoint->host, "host");
        QTEST(int(endpoint->port), "port");
        QTEST(endpoint->username, "username");
        QTEST(endpoint->password, "password");
        QTEST(endpoint->database, "database");
        QCOMPARE(endpoint->socketPath, QString());
        QVERIFY(!endpoint->tls);
    }

    void redissMeansTheSameWithTls()
    {
        const Result<Endpoint> endpoint = Endpoint::parse(u"rediss://me:pw@db.example:7000/3"_s);
        QVERIFY(endpoint.has_value());
        QVERIFY(endpoint->tls);
        QCOMPARE(endpoint->tls->peerVerifyMode(), QSslSocket::AutoVerifyPeer);
        QCOMPARE(endpoint->host, u"db.example"_s);
        QCOMPARE(int(endpoint->port), 7000);
        QCOMPARE(endpoint->username, "me"_ba);
        QCOMPARE(endpoint->password, "pw"_ba);
        QCOMPARE(endpoint->database, 3);
        QCOMPARE(endpoint->toString(), u"db.example:7000 database 3"_s);
        QCOMPARE(int(Endpoint::parse(u"rediss://db"_s)->port), 6379);
    }

    void unixSocketsAreRead()
    {
        const Result<Endpoint> endpoint = Endpoint::parse(u"unix:///run/a%20b/redis.sock?db=2"_s);
        QVERIFY(endpoint.has_value());
        QCOMPARE(endpoint->socketPath, u"/run/a b/redis.sock"_s);
        QCOMPARE(endpoint->database, 2);
        QCOMPARE(endpoint->toString(), u"/run/a b/redis.sock database 2"_s);
        QCOMPARE(Endpoint::parse(u"unix:///s"_s)->database, 0);
    }

    void everythingElseIsRefused_data()
    {
        QTest::addColumn<QString>("url");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << QString() << u"URL"_s;
        QTest::newRow("scheme") << u"http://db"_s << u"redis://"_s;
        QTest::newRow("no host") << u"redis://"_s << u"host"_s;
        QTest::newRow("port 0") << u"redis://db:0"_s << u"port"_s;
        QTest::newRow("port too big") << u"redis://db:65536"_s << u"URL"_s;
        QTest::newRow("database") << u"redis://db/x"_s << u"database"_s;
        QTest::newRow("negative") << u"redis://db/-1"_s << u"database"_s;
        QTest::newRow("socket database") << u"unix:///s?db=x"_s << u"database"_s;
        QTest::newRow("socket without path") << u"unix://"_s << u"unix:///path"_s;
        QTest::newRow("socket with host") << u"unix://run/redis.sock"_s << u"unix:///path"_s;
        QTest::newRow("tls without host") << u"rediss://"_s << u"host"_s;
        QTest::newRow("tls database") << u"rediss://db/x"_s << u"database"_s;
    }

    void everythingElseIsRefused()
    {
        QFETCH(QString, url);
        QFETCH(QString, says);
        const Result<Endpoint> endpoint = Endpoint::parse(url);
        QVERIFY(!endpoint);
        QCOMPARE(int(endpoint.error().code), int(ErrorCode::Invalid));
        QVERIFY2(endpoint.error().detail.contains(says), qPrintable(endpoint.error().detail));
    }

    void secretsAreNeverShown()
    {
        QCOMPARE(Endpoint::parse(u"redis://me:secret@db:7000/3"_s)->toString(),
                 u"db:7000 database 3"_s);
        const auto bad = Endpoint::parse(u"redis://me:secret@db:99999"_s);
        QVERIFY(!bad && !bad.error().detail.contains(u"secret"_s));
    }
};

PRESENCE_TEST(TestEndpoint)
#include "tst_redis_endpoint.moc"
