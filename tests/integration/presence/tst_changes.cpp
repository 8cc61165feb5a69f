// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/usereraser.h"
#include "tests/support/testregistry.h"
#include "trackerfixture.h"

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static const SessionId kOfNode("3f2a-7");

/// The list of a user's changes: what it was, why, and where that came from.
class TestChanges : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 0s}); }
    void cleanup() { m_fixture.reset(); }

    void whoComesAndGoesIsListedWithDeviceAndNode();
    void whoSaysSomethingIsListedWithWhatItSays_data();
    void whoSaysSomethingIsListedWithWhatItSays();
    void theEndOfAStatusIsNobodys();
    void whoIsNotHeardOfAnyMoreIsListedWithItsNode();
    void theEndOfTheGraceIsListedWithTheSessionThatWent();
    void aSignOffIsListedWhenOthersAreTold();
    void aSignOffOfAnotherDeviceIsNoReason();
    void othersNoticeLaterThatAUserHides();
    void whatAnotherServiceWritesIsListedAsThat();
    void aTextOfAnotherServiceIsCut();
    void whoIsErasedHasNoList();

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }
    void join(const DeviceId &device = kWeb, const SessionId &session = kOfNode)
    {
        QVERIFY(m_fixture->heartbeat(kUser, device, kAcme, session));
    }
    void signOff(const DeviceId &device, const QByteArray &by)
    {
        QVERIFY(m_fixture->wait<void>(
            [&](auto done) { m_fixture->tracker.signOff(kUser, device, std::move(done), by); }));
    }
    void sweep()
    {
        m_sweeper = std::make_unique<Sweeper>(m_fixture->store, "node-1");
        m_sweeper->start();
    }
    /// An entry without its time; 0 is the newest.
    QByteArray change(int index) const
    {
        const QByteArray entry
            = m_fixture->cli({u"LINDEX"_s, QString::fromLatin1(m_fixture->keys.user(kUser).changes),
                              QString::number(index)});
        return entry.sliced(entry.indexOf(' ') + 1);
    }

    std::unique_ptr<TrackerFixture> m_fixture;
    std::unique_ptr<Sweeper> m_sweeper;
};

void TestChanges::whoComesAndGoesIsListedWithDeviceAndNode()
{
    join();
    QCOMPARE(change(0), "online online connected 3f2a web:browser_123"_ba);
    QVERIFY(m_fixture->disconnect(kUser, kOfNode));
    QCOMPARE(change(0), "offline online disconnected 3f2a web:browser_123"_ba);
}

void TestChanges::whoSaysSomethingIsListedWithWhatItSays_data()
{
    QTest::addColumn<QByteArray>("by");
    QTest::addColumn<QByteArray>("session");
    QTest::addColumn<QByteArray>("entry");
    QTest::newRow("by a WebSocket") << ""_ba << kOfNode.bytes() << "set 3f2a web:browser_123"_ba;
    QTest::newRow("by REST") << ""_ba
                             << ""_ba
                             << "set"_ba;
    QTest::newRow("an operator") << "operator:olga"_ba
                                 << ""_ba
                                 << "set   operator:olga"_ba;
    QTest::newRow("a service") << "service:calendar"_ba
                               << ""_ba
                               << "set   service:calendar"_ba;
}

void TestChanges::whoSaysSomethingIsListedWithWhatItSays()
{
    QFETCH(QByteArray, by);
    QFETCH(QByteArray, session);
    QFETCH(QByteArray, entry);
    join();
    const Origin origin{
        .by = by, .session = SessionId(session), .device = session.isEmpty() ? DeviceId() : kWeb};
    const StatusChange busy{
        .status = Status::Busy, .customMessage = "in a \"call\""_ba, .emoji = "📞"_ba};
    QVERIFY(m_fixture->wait<UserTransition>(
        [&](auto done) { m_fixture->tracker.setStatus(kUser, busy, std::move(done), origin); }));
    QCOMPARE(change(0),
             "busy busy " + entry
                 + " {\"custom_message\":\"in a \\\"call\\\"\",\"emoji\":\"\xF0\x9F\x93\x9E\"}");
}

void TestChanges::theEndOfAStatusIsNobodys()
{
    join();
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .clearAfter = 1s}));
    sweep();
    QTRY_COMPARE_WITH_TIMEOUT(change(0), "online online expired"_ba, 8000);
}

void TestChanges::whoIsNotHeardOfAnyMoreIsListedWithItsNode()
{
    makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s});
    join();
    sweep();
    QTRY_COMPARE_WITH_TIMEOUT(change(0), "offline online silent 3f2a web:browser_123"_ba, 8000);
}

void TestChanges::theEndOfTheGraceIsListedWithTheSessionThatWent()
{
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 1s});
    join();
    QVERIFY(m_fixture->disconnect(kUser, kOfNode));
    sweep();
    QTRY_COMPARE_WITH_TIMEOUT(change(0), "offline online disconnected 3f2a web:browser_123"_ba,
                              8000);
}

void TestChanges::aSignOffIsListedWhenOthersAreTold()
{
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 1s});
    join();
    signOff(kWeb, "operator:olga");
    QCOMPARE(change(0), "online online connected 3f2a web:browser_123"_ba);
    sweep();
    QTRY_COMPARE_WITH_TIMEOUT(
        change(0), "offline online signed_off 3f2a web:browser_123 operator:olga"_ba, 8000);
    // It is over: what ends later ends for itself.
    QTRY_COMPARE(
        m_fixture->cli(
            {u"HEXISTS"_s, QString::fromLatin1(m_fixture->keys.user(kUser).hash), u"ending"_s}),
        "0"_ba);
}

void TestChanges::aSignOffOfAnotherDeviceIsNoReason()
{
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 1s});
    join();
    join(kPhone, SessionId("3f2a-8"));
    signOff(kPhone, "operator:olga");
    QVERIFY(m_fixture->disconnect(kUser, kOfNode));
    sweep();
    QTRY_VERIFY_WITH_TIMEOUT(change(0).startsWith("offline online"), 8000);
    QCOMPARE(change(0), "offline online disconnected 3f2a web:browser_123"_ba);
}

void TestChanges::othersNoticeLaterThatAUserHides()
{
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 1s});
    join();
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
    QCOMPARE(change(0), "online invisible set"_ba);
    sweep();
    QTRY_COMPARE_WITH_TIMEOUT(change(0), "offline invisible hidden"_ba, 8000);
}

void TestChanges::whatAnotherServiceWritesIsListedAsThat()
{
    m_fixture->cli({u"ZADD"_s, QString::fromLatin1(m_fixture->keys.user(kUser).devices),
                    QString::number(m_fixture->now()), u"other"_s});
    m_fixture->cli({u"HSET"_s, QString::fromLatin1(m_fixture->keys.user(kUser).hash),
                    u"last_seen"_s, QString::number(m_fixture->now())});
    UserTransitions transitions(m_fixture->store);
    QVERIFY(m_fixture->wait<UserTransition>([&](auto done) {
        transitions.check(kUser, {"0", "", QByteArray::number(m_fixture->now())}, {},
                          std::move(done));
    }));
    QCOMPARE(change(0), "online online service"_ba);
}

void TestChanges::aTextOfAnotherServiceIsCut()
{
    join();
    m_fixture->cli({u"HSET"_s, QString::fromLatin1(m_fixture->keys.user(kUser).hash),
                    u"custom_message"_s, u"x"_s + QString(5000, u'ä')});
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    const QByteArray entry = change(0);
    QVERIFY2(entry.size() < 500, entry.constData());
    QVERIFY(QString::fromUtf8(entry).contains(u"ää…\",\"emoji\":null}"_s));
    QVERIFY(!QString::fromUtf8(entry).contains(QChar::ReplacementCharacter));
}

void TestChanges::whoIsErasedHasNoList()
{
    join();
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .customMessage = "private"_ba}));
    UserEraser eraser(m_fixture->store);
    QVERIFY(m_fixture->wait<std::chrono::milliseconds>(
        [&](auto done) { eraser.erase(kUser, std::move(done)); }));
    QCOMPARE(
        m_fixture->cli({u"EXISTS"_s, QString::fromLatin1(m_fixture->keys.user(kUser).changes)}),
        "0"_ba);
}

PRESENCE_TEST(TestChanges)
#include "tst_changes.moc"
