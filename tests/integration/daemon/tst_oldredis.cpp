// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// Redis that answers, but on which every change would fail.
class TestOldRedis : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // The default of Redis 7 for a new user: no channels.
    void aUserWhoMayNotPublishIsNotReady()
    {
        RedisServer server({.tcp = true, .users = {u"app on >secret ~* +@all"_s}});
        QVERIFY(server.start());
        DaemonProcess daemon({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                              {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                              {u"REDIS_USERNAME"_s, u"app"_s},
                              {u"REDIS_PASSWORD"_s, u"secret"_s},
                              {u"REDIS_HOST"_s, u"127.0.0.1"_s},
                              {u"REDIS_PORT"_s, QString::number(server.port())}});
        QVERIFY(daemon.start());
        RestClient amy(daemon.port(), tokenFor(u"amy"_s, {{"scope"_L1, "admin"_L1}}));
        QCOMPARE(amy.get(u"/health/ready"_s).status, 503);
        const RestResponse health = amy.get(u"/health"_s);
        QCOMPARE(health.status, 503);
        QVERIFY(health.json()["redis"_L1]["error"_L1].toString().startsWith(u"NOPERM"_s));
        server.cli({u"ACL"_s, u"SETUSER"_s, u"app"_s, u"&presence:*"_s});
        QTRY_COMPARE(amy.get(u"/health/ready"_s).status, 200);
    }

    // 6.2 has no sharded Pub/Sub.
    void aServerThatIsTooOldIsSaidOnceAndNotUsed()
    {
        RedisServer old({.tcp = true, .program = QStringLiteral(OLD_REDIS)});
        QVERIFY(old.start());
        QVERIFY(old.cli({u"INFO"_s, u"server"_s}).contains("redis_version:6.2."));
        DaemonProcess daemon({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                              {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                              {u"REDIS_URL"_s, old.url()}});
        QVERIFY(daemon.start());
        QTRY_VERIFY(daemon.output().contains("7.0 or later is needed"));
        RestClient amy(daemon.port(), tokenFor(u"amy"_s));
        QCOMPARE(amy.get(u"/health/ready"_s).status, 503);
        QCOMPARE(amy.get(u"/health"_s).status, 503);
        QCOMPARE(amy.get(u"/health/live"_s).status, 200);
        const QString status = u"/api/presence/users/amy/status"_s;
        const RestResponse refused = amy.put(status, {{"status"_L1, "busy"_L1}});
        QCOMPARE(refused.faultAsProblem(503), QString());
        QVERIFY(!refused.header("Retry-After").isEmpty());
        QCOMPARE(amy.post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "d"_L1}}).status, 503);
        QCOMPARE(amy.get(u"/api/presence/users/amy"_s).status, 503);
        PhoenixClient client(daemon.port(), tokenFor(u"amy"_s));
        QVERIFY(client.open());
        QCOMPARE(client.join(u"presence:amy"_s)["response"_L1]["reason"_L1], "unavailable"_L1);
        QCOMPARE(daemon.output().count("7.0 or later is needed"), 1);
        QVERIFY2(daemon.output().contains("is version 6.2."), daemon.output().constData());

        // It is replaced.
        QVERIFY(old.stop());
        RedisServer current({.tcp = true, .onPort = old.port()});
        QVERIFY(current.start());
        QTRY_COMPARE_WITH_TIMEOUT(amy.get(u"/health/ready"_s).status, 200, 20'000);
        QCOMPARE(amy.put(status, {{"status"_L1, "busy"_L1}}).status, 200);
        QCOMPARE(daemon.stop(), 0);
    }
};

PRESENCE_TEST(TestOldRedis)
#include "tst_oldredis.moc"
