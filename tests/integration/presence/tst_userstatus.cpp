// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testregistry.h"
#include "trackerfixture.h"

#include <QJsonDocument>
#include <QJsonObject>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestUserStatus : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 0s}); }
    void cleanup() { m_fixture.reset(); }

    void setStatusWritesTheKeysOfTheSchema();
    void aFieldLeftOutStaysAsItWas();
    void clearAfterRevertsTheStatusOnce();
    void whoWasAwayByChoiceComesBackWithADeviceOfAnotherService();
    void anInvisibleUserLooksOffline();
    void whoHidesIsReadAsFastAsWhoIsAway_data();
    void whoHidesIsReadAsFastAsWhoIsAway();

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }

    std::unique_ptr<TrackerFixture> m_fixture;
};

void TestUserStatus::setStatusWritesTheKeysOfTheSchema()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    const qint64 before = m_fixture->now();
    QVERIFY(m_fixture->setStatus(kUser,
                                 {.status = Status::Busy,
                                  .customMessage = "In a meeting"_ba,
                                  .emoji = "📞"_ba,
                                  .clearAfter = 3600s}));
    const auto field = [&](const QString &name) {
        return m_fixture->cli({u"HGET"_s, u"presence:user:42"_s, name});
    };
    QCOMPARE(field(u"status"_s), "busy"_ba);
    QCOMPARE(field(u"custom_message"_s), "In a meeting"_ba);
    QCOMPARE(QString::fromUtf8(field(u"emoji"_s)), u"📞"_s);
    QVERIFY(field(u"updated_at"_s).toLongLong() >= before);
    QTRY_VERIFY(m_fixture->cli({u"ZSCORE"_s, u"presence:status_expiry"_s, u"42"_s}).toLongLong()
                >= before + 3600);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Away}));
    // In the same step where it is on one server: no reader may take it for due.
    if (m_fixture->server.kind() != RedisDeployment::Kind::Cluster)
        QCOMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:status_expiry"_s}), "0"_ba);
    QTRY_COMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:status_expiry"_s}), "0"_ba);
}

void TestUserStatus::aFieldLeftOutStaysAsItWas()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->setStatus(
        kUser, {.status = Status::Busy, .customMessage = "here"_ba, .emoji = "🎯"_ba}));
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Away, .emoji = ""_ba}));
    const ReadPresence presence = m_fixture->get(kUser);
    QCOMPARE(presence.status, Status::Away);
    QCOMPARE(presence.customMessage, u"here"_s);
    QVERIFY(presence.emoji.isEmpty());
}

void TestUserStatus::clearAfterRevertsTheStatusOnce()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->setStatus(
        kUser, {.status = Status::Busy, .customMessage = "soon over"_ba, .clearAfter = 1s}));
    PubSubLog log(m_fixture->server, {"presence:status"});
    // A copy for other services: the end that counts is the user's own.
    m_fixture->cli({u"DEL"_s, u"presence:status_expiry"_s});
    Sweeper one(m_fixture->store, "node-1");
    one.start();
    // Any node may look at any time.
    QTimer everyNode;
    connect(&everyNode, &QTimer::timeout, this,
            [this] { m_fixture->tracker.repair(kUser, [] {}); });
    everyNode.start(20);
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Online, 8000);
    QVERIFY(m_fixture->get(kUser).customMessage.isEmpty());
    QTRY_COMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:status_expiry"_s}), "0"_ba);
    QCOMPARE(log.on("presence:status").size(), 1);
}

// Of a device that another service keeps alive it is not known whether it is idle.
void TestUserStatus::whoWasAwayByChoiceComesBackWithADeviceOfAnotherService()
{
    m_fixture->cli(
        {u"ZADD"_s, u"presence:user:42:devices"_s, QString::number(m_fixture->now()), u"other"_s});
    m_fixture->cli(
        {u"HSET"_s, u"presence:user:42"_s, u"last_seen"_s, QString::number(m_fixture->now())});
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Away}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

void TestUserStatus::anInvisibleUserLooksOffline()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .customMessage = "shown"_ba}));
    QVERIFY(
        m_fixture->setStatus(kUser, {.status = Status::Invisible, .customMessage = "hidden"_ba}));
    const ReadPresence seen = m_fixture->get(kUser);
    QCOMPARE(seen.status, Status::Offline);
    QCOMPARE(seen.customMessage, u"shown"_s);
    QVERIFY(seen.devices.empty());
    QCOMPARE(m_fixture->online(kAcme).total, 0);
    const ReadPresence truth = m_fixture->get(kUser, Viewer::SelfOrAdmin);
    QCOMPARE(truth.status, Status::Invisible);
    QCOMPARE(truth.customMessage, u"hidden"_s);
    QCOMPARE(truth.devices.size(), 1);

    PubSubLog log(m_fixture->server, {"presence:updates", "presence:status"});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(
        m_fixture->setStatus(kUser, {.status = Status::Invisible, .customMessage = "again"_ba}));
    QCOMPARE(m_fixture->get(kUser).lastSeen, seen.lastSeen);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
    QTRY_COMPARE(log.on("presence:status").size(), 1);
    QCOMPARE(m_fixture->online(kAcme).total, 1);
}

void TestUserStatus::whoHidesIsReadAsFastAsWhoIsAway_data()
{
    QTest::addColumn<bool>("wasSeen");
    QTest::addColumn<bool>("isHereFirst");
    QTest::newRow("nobody has seen it, and it hides before it comes") << false << false;
    QTest::newRow("nobody has seen it, and it comes hidden") << false << true;
    QTest::newRow("it was seen") << true << true;
}

// What is read without a script takes as long for both; else each device would add to it.
void TestUserStatus::whoHidesIsReadAsFastAsWhoIsAway()
{
    QFETCH(bool, wasSeen);
    QFETCH(bool, isHereFirst);
    if (wasSeen)
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    if (isHereFirst && !wasSeen) {
        // As when another service has written that it hides.
        m_fixture->cli({u"HSET"_s, u"presence:user:42"_s, u"status"_s, u"invisible"_s});
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    } else {
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        QVERIFY(m_fixture->heartbeat(kUser, kPhone, kAcme, kOtherSession));
    }
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).status, Status::Invisible);
    QVERIFY(m_fixture->cli({u"HGET"_s, u"presence:user:42"_s, u"seen"_s})
                .startsWith(R"("status":"offline",)"));
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

PRESENCE_TEST(TestUserStatus)
#include "tst_userstatus.moc"
