// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// What happens to a cluster of two nodes is told once, at both.
class TestIncidents : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_fixture = std::make_unique<DaemonFixture>(
            DaemonProcess::Environment{{u"NODE_NAME"_s, u"one"_s}},
            RedisServer::Options{.appendOnly = true});
        QVERIFY(m_fixture->start());
        startTwo();
        for (const quint16 port : {m_fixture->daemon.port(), m_two->port()}) {
            m_operators.push_back(std::make_unique<PhoenixClient>(
                port, tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}})));
            QVERIFY(m_operators.back()->open());
            m_operators.back()->join(u"admin:overview"_s);
        }
        for (const QString &node : {u"one"_s, u"two"_s})
            QVERIFY(isKnown("node_up"_L1, node));
    }
    void cleanup()
    {
        m_operators.clear();
        if (m_two->isRunning())
            QCOMPARE(m_two->stop(), 0);
        QCOMPARE(m_fixture->daemon.stop(), 0);
        m_two.reset();
        m_fixture.reset();
    }

    void aNodeThatIsKilledAndStartedAgain()
    {
        m_two->kill();
        startTwo();
        QVERIFY(hasCome(0, "node_restarted"_L1));
        QCOMPARE(count("node_restarted"_L1), 1);
        QCOMPARE(count("node_up"_L1), 2);
    }

    void aNodeThatStops()
    {
        QCOMPARE(m_two->stop(), 0);
        QVERIFY(hasCome(0, "node_draining"_L1));
        QVERIFY(hasCome(0, "node_stopped"_L1));
        startTwo();
        QTRY_COMPARE_WITH_TIMEOUT(count("node_up"_L1), 3, kDaemonPatience);
        QCOMPARE(count("node_draining"_L1), 1);
        QCOMPARE(count("node_stopped"_L1), 1);
        QCOMPARE(m_two->stop(), 0);
    }

    // A third node is in the registry only, as one whose machine is gone.
    void whoWasOnANodeThatIsUnreachable()
    {
        const qint64 now = m_fixture->now();
        report(now);
        QVERIFY(hasCome(0, "node_up"_L1, "three"_L1));
        PhoenixClient zoe(m_two->port(), tokenFor(u"zoe"_s));
        QVERIFY(zoe.open());
        zoe.join(u"presence:zoe"_s, {{"workspace_id"_L1, "w"_L1}, {"device_id"_L1, "phone"_L1}});
        // The first eight digits of the name's SHA-1 are the node's tag.
        const QByteArray session = QByteArray::number((now + 60) * 1000) + " "
            + QByteArray::number((now - 30) * 1'000'000) + " a phone w";
        const QString tag = QString::fromLatin1(
            QCryptographicHash::hash("three", QCryptographicHash::Sha1).first(4).toHex());
        m_fixture->cli({u"HSET"_s, u"presence:user:zoe"_s, u"session:"_s + tag + u"-1"_s,
                        QString::fromLatin1(session)});
        report(now - 20);
        // What it said last counts for as long as it is there, by the verdict, and no longer.
        bool doesAgree = true;
        QVERIFY(!m_operators[0]
                     ->next(u"admin:overview"_s, u"overview"_s,
                            [&doesAgree](const QJsonObject &overview) {
                                const bool isListed = overview["nodes"_L1].toArray().size() == 3;
                                const bool isGone = isMissed(overview, "three"_L1);
                                const auto count
                                    = overview["figures"_L1]["connections"_L1].toInteger();
                                doesAgree = doesAgree && (!isListed || isGone == (count < 50));
                                return isGone;
                            })
                     .isEmpty());
        QVERIFY(doesAgree);
        for (size_t i = 0; i < 2; ++i) {
            QVERIFY(hasCome(i, "node_unreachable"_L1, "three"_L1));
            const QJsonObject found
                = next(i, [](const QJsonObject &each) { return each["lost"_L1].isObject(); });
            QCOMPARE(found["devices"_L1], 7);
            QCOMPARE(found["time"_L1], (now - 20) * 1000);
            QCOMPARE(found["lost"_L1]["users"_L1], 1);
            QCOMPARE(found["lost"_L1]["returned"_L1], 1);
            QCOMPARE(found["lost"_L1]["complete"_L1], true);
            const QJsonValue user = found["lost"_L1]["examples"_L1][0];
            QCOMPARE(user["user_id"_L1], "zoe"_L1);
            QCOMPARE(user["outcome"_L1], "returned"_L1);
            QCOMPARE(user["node"_L1], "two"_L1);
            QVERIFY(user["after"_L1].toInteger() >= 18'000);
        }
        report(m_fixture->now());
        QVERIFY(hasCome(1, "node_back"_L1, "three"_L1));
        QCOMPARE(count("node_unreachable"_L1), 2); // and what is known of it
        QCOMPARE(count("node_back"_L1), 1);
        m_fixture->cli({u"ZREM"_s, u"presence:nodes"_s, u"three"_s});
    }

    void redisIsLostAndBack()
    {
        QVERIFY(m_fixture->redis.kill());
        // For longer than nobody need know of.
        QElapsedTimer away;
        away.start();
        while (!away.hasExpired(2000)) {
            QVERIFY(!m_operators[0]
                         ->next(u"admin:overview"_s, u"overview"_s,
                                [](const QJsonObject &each) {
                                    return !each["redis"_L1]["reachable"_L1].toBool();
                                })
                         .isEmpty());
        }
        QVERIFY(m_fixture->redis.start());
        for (size_t i = 0; i < 2; ++i) {
            QVERIFY(hasCome(i, "redis_lost"_L1));
            const QJsonObject back = next(i, "redis_back"_L1);
            QVERIFY(back["duration"_L1].toInteger() >= 1000);
        }
        // Both were there, and have looked again since.
        for (size_t i = 0; i < 2; ++i)
            awaitTick(i);
        QCOMPARE(count("redis_lost"_L1), 1);
        QCOMPARE(count("redis_back"_L1), 1);
        QCOMPARE(count("redis_emptied"_L1), 0);
    }

    void redisIsEmptied()
    {
        m_fixture->cli({u"FLUSHALL"_s});
        for (size_t i = 0; i < 2; ++i)
            QVERIFY(hasCome(i, "redis_emptied"_L1));
        QCOMPARE(count("redis_emptied"_L1), 1);
    }

    void whatAnOperatorDoes()
    {
        const QJsonObject done
            = m_operators[0]->push(u"admin:overview"_s, u"set_status"_s,
                                   {{"user_id"_L1, "amy"_L1}, {"status"_L1, "busy"_L1}});
        QCOMPARE(done["status"_L1], "ok"_L1);
        const QJsonObject incident = next(1, "operator"_L1);
        QCOMPARE(incident["by"_L1], "olga"_L1);
        QCOMPARE(incident["user_id"_L1], "amy"_L1);
        QCOMPARE(incident["action"_L1], "set_status"_L1);
        QCOMPARE(incident["detail"_L1], "busy, done"_L1);
        // Who comes later knows as well.
        PhoenixClient late(m_two->port(), tokenFor(u"oleg"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(late.open());
        const QJsonObject joined = late.join(u"admin:overview"_s)["response"_L1].toObject();
        const QJsonArray incidents = joined["incidents"_L1].toArray();
        QCOMPARE(incidents.last()["kind"_L1], "operator"_L1);
        QVERIFY(incidents.last()["id"_L1].toString().contains(u'-'));
        QVERIFY(joined["day"_L1].isArray());
    }

    void manyCommandsLeaveTheRest()
    {
        PhoenixClient &olga = *m_operators[0];
        for (int i = 0; i < 260; ++i) {
            const QJsonObject refused
                = olga.push(u"admin:overview"_s, u"forget_ghost"_s,
                            {{"user_id"_L1, "amy"_L1}, {"session_id"_L1, "none"_L1}});
            QCOMPARE(refused["status"_L1], "error"_L1);
        }
        QCOMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:incidents:operators"_s}).trimmed(), "0");
        for (int i = 0; i < 260; ++i) {
            const QJsonObject done
                = olga.push(u"admin:overview"_s, u"clear_status"_s, {{"user_id"_L1, "amy"_L1}});
            QCOMPARE(done["status"_L1], "ok"_L1);
        }
        QJsonArray shown;
        const auto look = [this, &shown] {
            PhoenixClient late(m_fixture->daemon.port(),
                               tokenFor(u"oleg"_s, {{"scope"_L1, "admin"_L1}}));
            if (late.open())
                shown = late.join(u"admin:overview"_s)["response"_L1]["incidents"_L1].toArray();
        };
        const auto countOf = [&shown](QLatin1StringView kind) {
            return std::ranges::count_if(
                shown, [kind](const QJsonValue &each) { return each["kind"_L1] == kind; });
        };
        // The node reads them once a second, and lets nobody come again and again all the time.
        for (int i = 0; i < 5 && countOf("operator"_L1) != 200; ++i) {
            look();
            awaitTick(0);
        }
        QCOMPARE(countOf("operator"_L1), 200);
        QCOMPARE(countOf("node_up"_L1), 2);
        QCOMPARE(shown.first()["kind"_L1], "node_up"_L1);
    }

private:
    /// Until the node has said three times how the cluster is, and has looked once itself.
    void awaitTick(size_t who)
    {
        for (int i = 0; i < 3; ++i)
            QVERIFY(!m_operators[who]->next(u"admin:overview"_s, u"overview"_s).isEmpty());
    }

    void startTwo()
    {
        m_two = std::make_unique<DaemonProcess>(m_fixture->with({{u"NODE_NAME"_s, u"two"_s}}));
        QVERIFY(m_two->start());
    }

    /// By the verdict.
    static bool isMissed(const QJsonObject &overview, QLatin1StringView node)
    {
        const QJsonArray findings = overview["verdict"_L1]["findings"_L1].toArray();
        return std::ranges::any_of(findings, [node](const QJsonValue &finding) {
            return finding["kind"_L1] == "node_unreachable"_L1 && finding["subject"_L1] == node;
        });
    }

    /// The third node's sign of life.
    void report(qint64 at)
    {
        m_fixture->cli({u"HSET"_s, u"presence:node:three"_s, u"started_at"_s,
                        QString::number(m_startedAt ? m_startedAt : m_startedAt = at), u"devices"_s,
                        u"7"_s, u"connections"_s, u"50"_s});
        m_fixture->cli({u"ZADD"_s, u"presence:nodes"_s, QString::number(at), u"three"_s});
    }

    QJsonObject next(size_t who, const std::function<bool(const QJsonObject &)> &matches)
    {
        return m_operators[who]->next(u"admin:overview"_s, u"incident"_s, matches);
    }
    QJsonObject next(size_t who, QLatin1StringView kind)
    {
        return next(who, [kind](const QJsonObject &each) { return each["kind"_L1] == kind; });
    }
    bool hasCome(size_t who, QLatin1StringView kind, QLatin1StringView node = {})
    {
        return !next(who, [=](const QJsonObject &each) {
                    return each["kind"_L1] == kind && (node.isEmpty() || each["node"_L1] == node);
                }).isEmpty();
    }

    /// In the stream.
    QList<QJsonObject> incidents() const
    {
        QList<QJsonObject> incidents;
        const QByteArray stream
            = m_fixture->cli({u"XRANGE"_s, u"presence:incidents"_s, u"-"_s, u"+"_s});
        for (const QByteArray &line : stream.split('\n')) {
            if (line.startsWith('{'))
                incidents.append(QJsonDocument::fromJson(line).object());
        }
        return incidents;
    }
    qsizetype count(QLatin1StringView kind) const
    {
        const auto all = incidents();
        return std::ranges::count_if(
            all, [kind](const QJsonObject &each) { return each["kind"_L1] == kind; });
    }
    bool isKnown(QLatin1StringView kind, const QString &node) const
    {
        return QTest::qWaitFor(
            [&] {
                const auto all = incidents();
                return std::ranges::any_of(all, [&](const QJsonObject &each) {
                    return each["kind"_L1] == kind && each["node"_L1] == node;
                });
            },
            kDaemonPatience);
    }

    std::unique_ptr<DaemonFixture> m_fixture;
    std::unique_ptr<DaemonProcess> m_two;
    std::vector<std::unique_ptr<PhoenixClient>> m_operators;
    qint64 m_startedAt = 0;
};

PRESENCE_TEST(TestIncidents)
#include "tst_incidents.moc"
