// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/pubsublog.h"
#include "tests/support/testregistry.h"

#include <QElapsedTimer>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kRecovery = 20'000; // ms
static const QString kAlice = u"/api/presence/users/alice"_s;
static const QString kVic = u"presence:vic"_s;
static const QJsonObject kSeven{{"channel_id"_L1, "7"_L1}};

/// While Redis is away, and after it.
class TestRestOutage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        // One shard, one connection: of several, each finds Redis again in its own time, and then
        // one answer says nothing about the next.
        m_fixture.emplace(DaemonProcess::Environment{{u"REDIS_TIMEOUT"_s, u"300"_s},
                                                     {u"REDIS_POOL_SIZE"_s, u"1"_s},
                                                     {u"REDIS_USERNAME"_s, u"daemon"_s},
                                                     {u"REDIS_PASSWORD"_s, u"secret"_s},
                                                     {u"PRESENCE_SHARDS"_s, u"1"_s},
                                                     {u"TYPING_TTL"_s, u"60"_s},
                                                     {u"HEARTBEAT_INTERVAL"_s, u"500"_s}},
                          RedisServer::Options{.appendOnly = true,
                                               .users = {u"daemon on >secret ~* &* +@all"_s}});
        QVERIFY(m_fixture->start());
        QCOMPARE(alice().put(kAlice + u"/status"_s, {{"status"_L1, "busy"_L1}}).status, 200);
        QCOMPARE(beat().status, 204);
    }
    void cleanup() { m_fixture.reset(); }

    void aRedisThatHangsIsToldAndForgotten()
    {
        m_fixture->redis.freeze();
        everyCallIsRefusedForNow();
        healthTellsOfIt();
        m_fixture->redis.thaw();
        everythingIsAsBefore();
    }

    // Not for that long again, because another read could be tried.
    void aRedisThatBeginsToHangIsToldAtItsTimeout_data()
    {
        QTest::addColumn<QString>("path");
        QTest::newRow("another user") << u"/api/presence/users/bob"_s;
        QTest::newRow("itself") << kAlice;
        QTest::newRow("viewers") << u"/api/presence/channel/7/viewers"_s;
    }
    void aRedisThatBeginsToHangIsToldAtItsTimeout()
    {
        QFETCH(QString, path);
        constexpr int kTimeout = 2000; // ms
        m_fixture->daemon.stop();
        DaemonProcess daemon(m_fixture->with(
            {{u"REDIS_TIMEOUT"_s, QString::number(kTimeout)}, {u"PRESENCE_SHARDS"_s, u"1"_s}}));
        QVERIFY(daemon.start());
        RestClient client(daemon.port(), tokenFor(u"alice"_s));
        QCOMPARE(client.get(path).status, 200);
        m_fixture->redis.freeze();
        QElapsedTimer time;
        time.start();
        QCOMPARE(client.get(path).status, 503);
        const qint64 taken = time.elapsed();
        m_fixture->redis.thaw();
        QVERIFY2(taken < kTimeout * 3 / 2, qPrintable(QString::number(taken)));
    }

    void aRedisThatDiesIsToldAndForgotten()
    {
        QVERIFY(m_fixture->redis.kill());
        everyCallIsRefusedForNow();
        healthTellsOfIt();
        QVERIFY(m_fixture->redis.start());
        everythingIsAsBefore();
    }

    void aRestartBetweenTwoCallsIsNotNoticed()
    {
        QVERIFY(m_fixture->redis.restart());
        QCOMPARE(alice().get(kAlice).json()["status"_L1], "busy"_L1);
    }

    // Its session lives, so nothing else would take it away for VIEW_TTL.
    void whoLeavesAChannelMeanwhileHasLeftIt()
    {
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        QCOMPARE(vic.join(kVic, {{"device_id"_L1, "web:1"_L1}})["status"_L1], "ok"_L1);
        QCOMPARE(vic.push(kVic, u"join_channel"_s, kSeven)["status"_L1], "ok"_L1);
        QCOMPARE(viewers(), 1);
        m_fixture->redis.freeze();
        // What is sent before it is known to hang is done once it is thawed.
        QCOMPARE(viewers(), std::nullopt);
        QCOMPARE(vic.push(kVic, u"leave_channel"_s, kSeven)["status"_L1], "error"_L1);
        m_fixture->redis.thaw();
        QTRY_COMPARE_WITH_TIMEOUT(viewers(), 0, kRecovery / 2);
        QCOMPARE(vic.push(kVic, u"join_channel"_s, kSeven)["status"_L1], "ok"_L1);
        QCOMPARE(viewers(), 1);
    }

    // It is registered with its user, and refused by the channel.
    void whoseJoinOfAChannelIsRefusedDoesNotLookAtIt()
    {
        QTRY_COMPARE_WITH_TIMEOUT(viewers(), 0, kRecovery); // who was there before has left
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        QCOMPARE(vic.join(kVic, {{"device_id"_L1, "web:1"_L1}})["status"_L1], "ok"_L1);
        const PubSubLog log(m_fixture->redis, {"presence:events:channel:7"});
        m_fixture->cli({u"ACL"_s, u"SETUSER"_s, u"daemon"_s, u"resetkeys"_s, u"~presence:[^c]*"_s});
        for (const QString &event : {u"typing_start"_s, u"join_channel"_s})
            QCOMPARE(vic.push(kVic, event, kSeven)["status"_L1], "error"_L1);
        m_fixture->cli({u"ACL"_s, u"SETUSER"_s, u"daemon"_s, u"allkeys"_s});
        // It is asked what it knows.
        m_fixture->cli({u"DEL"_s, u"presence:user:vic"_s});
        QCOMPARE(alice().get(u"/api/presence/users/vic"_s).json()["status"_L1], "online"_L1);
        heartbeatsPass();
        QCOMPARE(viewers(), 0);
        QCOMPARE(log.messages.size(), 0);
        QCOMPARE(vic.push(kVic, u"join_channel"_s, kSeven)["status"_L1], "ok"_L1);
        heartbeatsPass();
        QCOMPARE(viewers(), 1);
    }

    // Redis does it after all, once it goes on.
    void whoseJoinOfAChannelIsNotAnsweredDoesNotStayInIt()
    {
        QTRY_COMPARE_WITH_TIMEOUT(viewers(), 0, kRecovery); // who was there before has left
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        QCOMPARE(vic.join(kVic, {{"device_id"_L1, "web:1"_L1}})["status"_L1], "ok"_L1);
        for (const QString &event : {u"typing_start"_s, u"typing_stop"_s}) // it is registered
            QCOMPARE(vic.push(kVic, event, kSeven)["status"_L1], "ok"_L1);
        PubSubLog log(m_fixture->redis, {"presence:events:channel:7"});
        m_fixture->redis.freeze();
        QCOMPARE(vic.push(kVic, u"join_channel"_s, kSeven)["status"_L1], "error"_L1);
        m_fixture->redis.thaw();
        QTRY_COMPARE_WITH_TIMEOUT(log.messages.size(), 2, kRecovery / 2);
        QVERIFY(log.messages[0].second.contains("online_at"));
        QVERIFY(log.messages[1].second.endsWith("view\nvic\n"));
        heartbeatsPass();
        QCOMPARE(viewers(), 0);
        QCOMPARE(log.messages.size(), 2);
    }

    // Said again, or twice before the first answer.
    void whoseJoinOfAChannelIsNotAnsweredIsWhereItWas_data()
    {
        QTest::addColumn<bool>("wasThere");
        QTest::newRow("it looked at it") << true;
        QTest::newRow("it did not") << false;
    }
    void whoseJoinOfAChannelIsNotAnsweredIsWhereItWas()
    {
        QFETCH(bool, wasThere);
        AsyncClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s), [](const auto &...) {});
        const auto statusOf = [&vic](const QString &ref) {
            return vic.reply(ref).value_or(QJsonObject())["status"_L1].toString();
        };
        const QString join = vic.join(kVic, {{"device_id"_L1, "web:1"_L1}});
        QTRY_COMPARE(statusOf(join), "ok"_L1);
        if (wasThere) {
            const QString entered = vic.push(kVic, u"join_channel"_s, kSeven);
            QTRY_COMPARE(statusOf(entered), "ok"_L1);
        }
        PubSubLog log(m_fixture->redis, {"presence:events:channel:7"});
        m_fixture->redis.freeze();
        const QString first = vic.push(kVic, u"join_channel"_s, kSeven);
        const QString second = vic.push(kVic, u"join_channel"_s, kSeven);
        QTRY_COMPARE(statusOf(first), "error"_L1);
        QTRY_COMPARE(statusOf(second), "error"_L1);
        m_fixture->redis.thaw();
        QTRY_COMPARE_WITH_TIMEOUT(viewers(), int(wasThere), kRecovery / 2);
        heartbeatsPass();
        QCOMPARE(viewers(), int(wasThere));
        QVERIFY(!wasThere || log.messages.isEmpty());
    }

    // Whether it types Redis may know better than its connection.
    void whoHidesIsNotSeenTyping_data()
    {
        QTest::addColumn<QStringList>("before");
        QTest::addColumn<bool>("isSent");
        QTest::addColumn<QString>("meanwhile");
        const QString start = u"typing_start"_s;
        const QString stop = u"typing_stop"_s;
        QTest::newRow("begun") << QStringList{start, stop} << true << start;
        QTest::newRow("begun again") << QStringList{start} << true << start;
        QTest::newRow("not stopped") << QStringList{start} << false << stop;
        QTest::newRow("not left") << QStringList{start} << false << u"leave_channel"_s;
    }
    void whoHidesIsNotSeenTyping()
    {
        QFETCH(QStringList, before);
        QFETCH(bool, isSent);
        QFETCH(QString, meanwhile);
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        QCOMPARE(vic.join(kVic, {{"device_id"_L1, "web:1"_L1}})["status"_L1], "ok"_L1);
        for (const QString &event : std::as_const(before))
            QCOMPARE(vic.push(kVic, event, kSeven)["status"_L1], "ok"_L1);
        m_fixture->redis.freeze();
        if (!isSent) // Redis is known to hang
            QCOMPARE(countOf(u"typing"_s), std::nullopt);
        QCOMPARE(vic.push(kVic, meanwhile, kSeven)["status"_L1], "error"_L1);
        m_fixture->redis.thaw();
        QTRY_COMPARE_WITH_TIMEOUT(countOf(u"typing"_s), 1, kRecovery / 2);
        if (meanwhile == "leave_channel"_L1)
            heartbeatsPass(); // which leave again
        const QJsonObject eight{{"channel_id"_L1, "8"_L1}};
        QCOMPARE(vic.push(kVic, u"join_channel"_s, eight)["status"_L1], "ok"_L1);
        const QJsonObject invisible{{"status"_L1, "invisible"_L1}};
        QCOMPARE(vic.push(kVic, u"set_status"_s, invisible)["status"_L1], "ok"_L1);
        QCOMPARE(countOf(u"typing"_s), 0);
    }

    // What a client is told was not done is not told again by its connection either.
    void whoseStateIsRefusedIsNotIdleLater()
    {
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        QCOMPARE(vic.join(kVic, {{"device_id"_L1, "web:1"_L1}})["status"_L1], "ok"_L1);
        m_fixture->cli({u"ACL"_s, u"SETUSER"_s, u"daemon"_s, u"resetkeys"_s, u"~presence:[^u]*"_s});
        QCOMPARE(vic.push(kVic, u"device_state"_s, {{"state"_L1, "idle"_L1}})["status"_L1],
                 "error"_L1);
        m_fixture->cli({u"ACL"_s, u"SETUSER"_s, u"daemon"_s, u"allkeys"_s});
        // It is announced with all that is known of it.
        QCOMPARE(vic.push(kVic, u"join_channel"_s, kSeven)["status"_L1], "ok"_L1);
        QCOMPARE(alice().get(u"/api/presence/users/vic"_s).json()["status"_L1], "online"_L1);
    }

    // It was idle before, and Redis loses that.
    void whoseStateIsRefusedIsAsItWas()
    {
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        const QJsonObject join{{"device_id"_L1, "web:1"_L1}, {"state"_L1, "idle"_L1}};
        QCOMPARE(vic.join(kVic, join)["status"_L1], "ok"_L1);
        m_fixture->cli({u"ACL"_s, u"SETUSER"_s, u"daemon"_s, u"resetkeys"_s, u"~presence:[^u]*"_s});
        QCOMPARE(vic.push(kVic, u"device_state"_s, {{"state"_L1, "active"_L1}})["status"_L1],
                 "error"_L1);
        m_fixture->cli({u"ACL"_s, u"SETUSER"_s, u"daemon"_s, u"allkeys"_s});
        m_fixture->cli({u"FLUSHALL"_s});
        QTRY_COMPARE_WITH_TIMEOUT(
            alice().get(u"/api/presence/users/vic"_s).json()["status"_L1].toString(), "away"_L1,
            kRecovery / 2);
    }

private:
    /// Several of each device.
    void heartbeatsPass() const
    {
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2);
    }

    std::optional<int> viewers() const { return countOf(u"viewers"_s); }
    /// Of a channel, viewers or typing; nothing while nobody can say.
    std::optional<int> countOf(const QString &list) const
    {
        const RestResponse response = alice().get(u"/api/presence/channel/7/"_s + list);
        return response.status == 200 ? std::optional(response.json()["count"_L1].toInt())
                                      : std::nullopt;
    }
    RestClient alice() const { return m_fixture->as(u"alice"_s); }
    RestResponse beat() const
    {
        return alice().post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "web:1"_L1}});
    }

    void everyCallIsRefusedForNow()
    {
        const QList<RestResponse> responses{
            alice().get(kAlice),
            alice().put(kAlice + u"/status"_s, {{"status"_L1, "away"_L1}}),
            alice().del(kAlice + u"/status"_s),
            alice().del(kAlice + u"/devices/web:1"_s),
            beat(),
            alice().get(u"/api/presence/workspace/acme/online"_s),
            alice().post(u"/api/presence/bulk"_s, {{"user_ids"_L1, QJsonArray{"alice"_L1}}}),
            alice().get(u"/api/presence/channel/7/viewers"_s),
            alice().get(u"/api/presence/channel/7/typing"_s)};
        for (const RestResponse &response : responses) {
            QCOMPARE(response.faultAsProblem(503), QString());
            QVERIFY(response.header("Retry-After").toInt() > 0);
        }
    }

    void healthTellsOfIt()
    {
        RestClient nobody = m_fixture->asNobody();
        const auto status = [this] {
            return m_fixture->asAdmin().get(u"/health"_s).json()["status"_L1].toString();
        };
        QTRY_COMPARE_WITH_TIMEOUT(status(), "unhealthy"_L1, kRecovery);
        const RestResponse health = m_fixture->asAdmin().get(u"/health"_s);
        QCOMPARE(health.status, 503);
        QCOMPARE(health.json()["status"_L1], "unhealthy"_L1);
        QCOMPARE(health.json()["redis"_L1]["connected"_L1], false);
        QVERIFY(!health.json()["redis"_L1]["error"_L1].toString().isEmpty());
        QCOMPARE(nobody.get(u"/health/ready"_s).status, 503);
        QCOMPARE(nobody.get(u"/health/live"_s).status, 200);
        QCOMPARE(nobody.get(u"/health"_s).status, 503);
        QCOMPARE(m_fixture->asAdmin().get(u"/metrics"_s).status, 200);
    }

    /// What was refused may have been done, but for what was not sent: so only that it is there.
    void everythingIsAsBefore()
    {
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->asNobody().get(u"/health/ready"_s).status, 200,
                                  kRecovery);
        QTRY_COMPARE_WITH_TIMEOUT(beat().status, 204, kRecovery);
        const RestResponse put
            = alice().put(kAlice + u"/status"_s, {{"status"_L1, "invisible"_L1}});
        QCOMPARE(put.status, 200);
        QCOMPARE(put.json()["devices"_L1].toArray().size(), 1);
        // Each connection finds Redis again in its own time.
        QTRY_COMPARE(m_fixture->asNobody().get(u"/health"_s).json()["status"_L1].toString(),
                     "healthy"_L1);
    }

    std::optional<DaemonFixture> m_fixture;
};

PRESENCE_TEST(TestRestOutage)
#include "tst_restoutage.moc"
