// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kRecovery = 20'000; // ms
static const QString kAlice = u"/api/presence/users/alice"_s;

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
                                                     {u"PRESENCE_SHARDS"_s, u"1"_s},
                                                     {u"HEARTBEAT_INTERVAL"_s, u"500"_s}},
                          RedisServer::Options{.appendOnly = true});
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
        const QString topic = u"presence:vic"_s;
        const QJsonObject channel{{"channel_id"_L1, "7"_L1}};
        PhoenixClient vic(m_fixture->daemon.port(), tokenFor(u"vic"_s));
        QVERIFY(vic.open());
        QCOMPARE(vic.join(topic, {{"device_id"_L1, "web:1"_L1}})["status"_L1], "ok"_L1);
        QCOMPARE(vic.push(topic, u"join_channel"_s, channel)["status"_L1], "ok"_L1);
        QCOMPARE(viewers(), 1);
        m_fixture->redis.freeze();
        // What is sent before it is known to hang is done once it is thawed.
        QCOMPARE(viewers(), std::nullopt);
        QCOMPARE(vic.push(topic, u"leave_channel"_s, channel)["status"_L1], "error"_L1);
        m_fixture->redis.thaw();
        QTRY_COMPARE_WITH_TIMEOUT(viewers(), 0, kRecovery / 2);
        QCOMPARE(vic.push(topic, u"join_channel"_s, channel)["status"_L1], "ok"_L1);
        QCOMPARE(viewers(), 1);
    }

private:
    /// Of a channel; nothing while nobody can say.
    std::optional<int> viewers() const
    {
        const RestResponse response = alice().get(u"/api/presence/channel/7/viewers"_s);
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
