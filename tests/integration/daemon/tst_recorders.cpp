// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>
#include <QJsonDocument>

using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kRecorderPatience = 25'000; // ms

/// What is told of a cluster of which one master is away, and nobody takes over.
class TestRecorders : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_redis.start());
        auto environment = m_redis.environment();
        environment.insert({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                            {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                            {u"NODE_NAME"_s, u"one"_s},
                            {u"PRESENCE_SHARDS"_s, u"2"_s}});
        m_daemon = std::make_unique<DaemonProcess>(environment);
        QVERIFY(m_daemon->start());
        m_operator = std::make_unique<PhoenixClient>(
            m_daemon->port(), tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        m_user = std::make_unique<PhoenixClient>(m_daemon->port(), tokenFor(u"zoe"_s));
        QVERIFY(m_operator->open() && m_user->open());
        m_user->join(u"presence:zoe"_s, {{"workspace_id"_L1, "w"_L1}, {"device_id"_L1, "d"_L1}});
        m_operator->join(u"admin:overview"_s);
        report(u"two"_s, m_redis.cli({u"TIME"_s}).split('\n').first().toLongLong());
        QTRY_VERIFY_WITH_TIMEOUT(!incident("node_up"_L1, "one"_L1).isEmpty(), kRecorderPatience);
        QTRY_VERIFY_WITH_TIMEOUT(!incident("node_up"_L1, "two"_L1).isEmpty(), kRecorderPatience);
        QTRY_COMPARE_WITH_TIMEOUT(newest()["users"_L1], 1, kRecorderPatience);
    }
    void cleanupTestCase()
    {
        m_operator.reset();
        m_user.reset();
        QCOMPARE(m_daemon->stop(), 0);
    }

    // A version that adds nothing to the totals: what is recorded is then what the nodes say.
    void thereAreNoTotalsBesideANodeOfTheVersionBefore()
    {
        const auto joinsOf = [](const QJsonObject &overview) {
            return overview["figures"_L1]["totals"_L1]["joins"_L1].toInteger();
        };
        m_redis.cli({u"DEL"_s, u"presence:node:two"_s});
        QVERIFY(!next([&](const auto &overview) { return joinsOf(overview) > 0; }).isEmpty());
        report(u"two"_s, m_redis.cli({u"TIME"_s}).split('\n').first().toLongLong());
        m_redis.cli({u"HSET"_s, u"presence:node:two"_s, u"joins"_s, u"100.000"_s});
        const QJsonObject told = next([](const auto &overview) {
            return overview["figures"_L1]["joins"_L1].toDouble() >= 100;
        });
        QVERIFY(!told.isEmpty());
        QCOMPARE(joinsOf(told), 0);
        QVERIFY(told["figures"_L1]["least"_L1].isUndefined());
    }

    // It has who is online, workspaces, and who flaps; the other two have the rest.
    void theyGoOn()
    {
        QVERIFY(m_redis.server(0).kill());
        const QJsonObject told = next([](const QJsonObject &overview) {
            const QJsonObject first = overview["verdict"_L1]["findings"_L1][0].toObject();
            return first["kind"_L1] == "redis_unreachable"_L1;
        });
        QCOMPARE(told["verdict"_L1]["level"_L1], "degraded"_L1);
        QCOMPARE(told["redis"_L1]["reachable"_L1], true);
        QCOMPARE(told["figures"_L1]["users"_L1], 1);
        QCOMPARE(told["figures"_L1]["connections"_L1], 2);
        const qint64 since = newest()["time"_L1].toInteger();
        // Who says nothing more is missed, by what the registry has still.
        QVERIFY(!next([](const QJsonObject &overview) {
                     return overview["nodes"_L1][1]["alive"_L1] == false;
                 }).isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(!incident("node_unreachable"_L1, "two"_L1).isEmpty(),
                                 kRecorderPatience);
        QTRY_VERIFY_WITH_TIMEOUT(newest()["time"_L1].toInteger() > since, kRecorderPatience);
        QCOMPARE(newest()["users"_L1], 1);
        QCOMPARE(newest()["connections"_L1], 2);
        QVERIFY(incident("node_unreachable"_L1, "one"_L1).isEmpty());
        QVERIFY(m_redis.server(0).start());
        QTRY_VERIFY_WITH_TIMEOUT(!incident("redis_back"_L1, "one"_L1).isEmpty(), kRecorderPatience);
        QVERIFY(incident("node_unreachable"_L1, "one"_L1).isEmpty());
    }

    // Nodes are registered at the second, and nobody is missed for what none can say.
    void nobodyIsMissedWithoutTheRegistry()
    {
        QVERIFY(m_redis.server(1).kill());
        QCOMPARE(next([](const QJsonObject &overview) {
                     const QJsonObject first = overview["verdict"_L1]["findings"_L1][0].toObject();
                     return first["kind"_L1] == "redis_unreachable"_L1;
                 })["nodes"_L1][0]["name"_L1],
                 "one"_L1);
        // For longer than a node is taken for alive.
        const qint64 since = m_redis.server(0).cli({u"TIME"_s}).split('\n').first().toLongLong();
        QTRY_VERIFY_WITH_TIMEOUT(m_redis.server(0).cli({u"TIME"_s}).split('\n').first().toLongLong()
                                     > since + 16,
                                 kRecorderPatience);
        QVERIFY(m_redis.server(1).start());
        QVERIFY(!next([](const QJsonObject &overview) {
                     return overview["verdict"_L1]["level"_L1] == "healthy"_L1;
                 }).isEmpty());
        QVERIFY(incident("node_unreachable"_L1, "one"_L1).isEmpty());
    }

private:
    QJsonObject next(const std::function<bool(const QJsonObject &)> &matches)
    {
        return m_operator->next(u"admin:overview"_s, u"overview"_s, matches);
    }

    /// A sign of life of a node that is in the registry only.
    void report(const QString &node, qint64 at)
    {
        m_redis.cli({u"HSET"_s, u"presence:node:"_s + node, u"started_at"_s, QString::number(at)});
        m_redis.cli({u"ZADD"_s, u"presence:nodes"_s, QString::number(at), node});
    }

    QJsonObject incident(QLatin1StringView kind, QLatin1StringView node) const
    {
        const QByteArray stream
            = m_redis.cli({u"XRANGE"_s, u"presence:incidents"_s, u"-"_s, u"+"_s});
        for (const QByteArray &line : stream.split('\n')) {
            const QJsonObject each = QJsonDocument::fromJson(line).object();
            if (each["kind"_L1] == kind && each["node"_L1] == node)
                return each;
        }
        return {};
    }

    /// That was recorded.
    QJsonObject newest() const
    {
        return QJsonDocument::fromJson(m_redis.cli({u"LINDEX"_s, u"presence:figures"_s, u"0"_s}))
            .object();
    }

    RedisDeployment m_redis{{.appendOnly = true}, RedisDeployment::Kind::Cluster};
    std::unique_ptr<DaemonProcess> m_daemon;
    std::unique_ptr<PhoenixClient> m_operator;
    std::unique_ptr<PhoenixClient> m_user;
};

PRESENCE_TEST(TestRecorders)
#include "tst_recorders.moc"
