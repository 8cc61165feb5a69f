// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// What an operator asks: health and metrics.
class TestRestService : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        QVERIFY(m_alice.emplace(m_fixture.daemon.port(), tokenFor(u"alice"_s)).open());
        const QJsonObject device{{"device_id"_L1, "web:1"_L1}, {"workspace_id"_L1, "acme"_L1}};
        QCOMPARE(m_alice->join(u"presence:alice"_s, device)["status"_L1], "ok"_L1);
        const QJsonObject room{{"channel_id"_L1, "7"_L1}};
        QCOMPARE(m_alice->push(u"presence:alice"_s, u"join_channel"_s, room)["status"_L1], "ok"_L1);
        QCOMPARE(m_alice->push(u"presence:alice"_s, u"typing_start"_s, room)["status"_L1], "ok"_L1);
    }
    void cleanupTestCase()
    {
        m_alice.reset();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

    void healthIsAsTheSeedHasIt()
    {
        const RestResponse response = m_fixture.asAdmin().get(u"/health"_s);
        QCOMPARE(response.status, 200);
        QCOMPARE(response.header("Content-Type"), "application/json"_ba);
        QJsonObject health = response.json();
        QJsonObject redis = health.take("redis"_L1).toObject();
        QVERIFY(!health.take("limits"_L1).toArray().isEmpty());
        QCOMPARE(health,
                 (QJsonObject{{"status"_L1, "healthy"_L1},
                              {"version"_L1, "1.0.0"_L1},
                              {"presence"_L1,
                               QJsonObject{{"online_users"_L1, 1}, {"active_channels"_L1, 1}}}}));
        for (const QString &key :
             {u"connected"_s, u"connected_clients"_s, u"latency_us"_s, u"memory_used"_s})
            QVERIFY2(redis.contains(key), qPrintable(key));
        QCOMPARE(redis["deployment"_L1], "single"_L1);
        QCOMPARE(redis["role"_L1], "master"_L1);
        QCOMPARE(redis["replicas"_L1], 0);
        QCOMPARE(redis["connected"_L1], true);
        QVERIFY(redis["latency_us"_L1].toInteger() > 0);
        QVERIFY(redis["connected_clients"_L1].toInteger() > 1);
        static const QRegularExpression size(u"^\\d+(\\.\\d+)?[KMG]B$"_s);
        const QString used = redis["memory_used"_L1].toString();
        QVERIFY2(size.match(used).hasMatch(), qPrintable(used));
    }

    void itIsAliveAndReady()
    {
        const RestResponse live = m_fixture.asNobody().get(u"/health/live"_s);
        QCOMPARE(live.status, 200);
        QCOMPARE(live.json(), (QJsonObject{{"status"_L1, "alive"_L1}}));
        RestResponse ready;
        QTRY_COMPARE((ready = m_fixture.asNobody().get(u"/health/ready"_s)).status, 200);
        QCOMPARE(ready.json(), (QJsonObject{{"status"_L1, "ready"_L1}}));
    }

    void metricsAreInPrometheusTextFormat()
    {
        const RestResponse response = m_fixture.asAdmin().get(u"/metrics"_s);
        QCOMPARE(response.status, 200);
        QCOMPARE(response.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8"_ba);
        QVERIFY(response.body.endsWith('\n'));
        static const QRegularExpression comment(
            u"^# (HELP [a-zA-Z_:][a-zA-Z0-9_:]* .+|"
            "TYPE [a-zA-Z_:][a-zA-Z0-9_:]* (counter|gauge|histogram|summary|untyped))$"_s);
        static const QRegularExpression sample(
            u"^[a-zA-Z_:][a-zA-Z0-9_:]*"
            "(\\{[a-zA-Z_]\\w*=\"([^\"\\\\]|\\\\.)*\"(,[a-zA-Z_]\\w*=\"([^\"\\\\]|\\\\.)*\")*\\})?"
            " (-?\\d+(\\.\\d+)?(e[+-]?\\d+)?|[+-]?Inf|NaN|Nan)$"_s);
        for (const QByteArray &line : response.body.chopped(1).split('\n')) {
            const QRegularExpression &form = line.startsWith('#') ? comment : sample;
            QVERIFY2(form.match(QString::fromUtf8(line)).hasMatch(), line.constData());
        }
    }

    void theMetricsOfTheSeedAreThere()
    {
        QTRY_VERIFY(lines().contains("presence_online_users{workspace_id=\"acme\"} 1"));
        QTRY_VERIFY(lines().contains("presence_typing_users{channel_id=\"7\"} 1"));
        const QByteArrayList all = lines();
        for (const QByteArray type :
             {"presence_online_users gauge", "presence_heartbeats_total counter",
              "presence_redis_latency_seconds histogram", "presence_typing_users gauge"})
            QVERIFY2(all.contains("# TYPE " + type), type.constData());
        QVERIFY(all.contains("presence_heartbeats_total{status=\"ok\"} 1"));
        QVERIFY(all.contains("presence_heartbeats_total{status=\"error\"} 0"));
        QCOMPARE(all.count("# TYPE presence_online_users gauge"), 1);
    }

    void redisLatencyHasTheBucketsOfTheSeed()
    {
        static const QRegularExpression bucket(
            u"^presence_redis_latency_seconds_bucket\\{operation=\"ping\",le=\"([^\"]+)\"\\}"_s);
        m_fixture.asNobody().get(u"/health"_s);
        QStringList bounds;
        for (const QByteArray &line : lines()) {
            if (const auto match = bucket.match(QString::fromUtf8(line)); match.hasMatch())
                bounds.append(match.captured(1));
        }
        QCOMPARE(bounds,
                 QStringList({u"0.001"_s, u"0.005"_s, u"0.01"_s, u"0.025"_s, u"0.05"_s, u"0.1"_s,
                              u"+Inf"_s}));
    }

    void aHeartbeatIsCounted()
    {
        const auto heartbeats = [this] {
            for (const QByteArray &line : lines()) {
                if (line.startsWith("presence_heartbeats_total{status=\"ok\"} "))
                    return line.split(' ').last().toInt();
            }
            return -1;
        };
        const int before = heartbeats();
        m_fixture.as(u"bob"_s).post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "d"_L1}});
        QCOMPARE(heartbeats(), before + 1);
    }

    void aWorkspaceCalledOtherIsCountedWithTheOthers()
    {
        const QJsonObject heartbeat{{"device_id"_L1, "d"_L1}, {"workspace_id"_L1, "other"_L1}};
        m_fixture.as(u"carl"_s).post(u"/api/presence/heartbeat"_s, heartbeat);
        QTRY_VERIFY(lines().contains("presence_online_users{workspace_id=\"other\"} 1"));
    }

private:
    QByteArrayList lines() const { return m_fixture.asAdmin().get(u"/metrics"_s).body.split('\n'); }

    // No heartbeats of its own while the test looks at their number, and typing that lasts.
    DaemonFixture m_fixture{{{u"HEARTBEAT_INTERVAL"_s, u"600000"_s},
                             {u"PRESENCE_TTL"_s, u"3600"_s},
                             {u"VIEW_TTL"_s, u"3600"_s},
                             {u"TYPING_TTL"_s, u"600"_s}}};
    std::optional<PhoenixClient> m_alice;
};

PRESENCE_TEST(TestRestService)
#include "tst_restservice.moc"
