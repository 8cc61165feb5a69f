// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trackerfixture.h"

#include <QSignalSpy>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;

static const SessionId kOther("s2");
static const ChannelId kGeneral("7");

/// What happens to a user's sessions, and to all that hangs on them.
class TestSessions : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 0s}); }
    void cleanup() { m_fixture.reset(); }

    void aDeviceThatIsOpenTwiceStaysUntilBothAreGone();
    void aDeviceGoesBackToTheWorkspaceOfTheSessionThatIsLeft();
    void anOlderSessionElsewhereCausesNoChange();
    void whatIsLateDoesNotBringAConnectionBack();
    void aSignedOffSessionCannotComeBack();
    void aRestDeviceMayComeBackAfterItWasSignedOff();
    void aUserIsAwayWhileAllDevicesAreIdle();
    void aChosenStatusStaysWhateverTheDevicesDo();
    void aNewSessionIsAsItsDeviceWas();
    void whoHidesLeavesItsChannelsBeforeItIsOffline();
    void theSweeperFinishesAHidingThatANodeBegan();
    void aDeadSessionLeavesItsChannelsThoughTheUserStays();
    void othersReadWhatTheyWereTold();
    void nobodyIsMissedAfterATimeWithoutRedis();
    void aLateAnswerDoesNotPutOffACheck();
    void aWorkspaceGhostOfAForgottenUserIsRemoved();

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }
    Result<UserStep> announce(const Session &session)
    {
        return m_fixture->wait<UserStep>(
            [&](auto done) { m_fixture->tracker.announce(session, std::move(done)); });
    }
    /// A session of kUser that looks at kGeneral and types in it.
    void enterGeneral(const SessionId &id);
    bool isViewing()
    {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:channel:7"_s, u"42"_s}) != "";
    }

    std::unique_ptr<TrackerFixture> m_fixture;
};

void TestSessions::enterGeneral(const SessionId &id)
{
    const auto step = announce({.user = kUser,
                                .device = DeviceId("d-" + id.bytes()),
                                .id = id,
                                .workspace = kAcme,
                                .channels = {kGeneral}});
    QVERIFY(step);
    ChannelPresence channels(m_fixture->store);
    TypingTracker typing(m_fixture->store);
    QVERIFY(m_fixture->wait<void>([&](auto done) {
        channels.joinChannel({kUser, id, step->revision}, kGeneral, std::move(done));
    }));
    QVERIFY(m_fixture->wait<void>([&](auto done) {
        typing.startTyping(kUser, id, step->revision, kGeneral, std::move(done));
    }));
}

void TestSessions::aDeviceThatIsOpenTwiceStaysUntilBothAreGone()
{
    for (const bool newerFirst : {true, false}) {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kSession));
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kOther));
        QVERIFY(m_fixture->disconnect(kUser, newerFirst ? kOther : kSession));
        QCOMPARE(m_fixture->get(kUser).status, Status::Online);
        QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
        QVERIFY(m_fixture->disconnect(kUser, newerFirst ? kSession : kOther));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    }
}

void TestSessions::aDeviceGoesBackToTheWorkspaceOfTheSessionThatIsLeft()
{
    const WorkspaceId other("other");
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kSession));
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, other, kOther));
    QCOMPARE(m_fixture->online(kAcme).total, 0);
    QVERIFY(m_fixture->disconnect(kUser, kOther));
    QCOMPARE(m_fixture->online(kAcme).total, 1);
    QCOMPARE(m_fixture->online(other).total, 0);
}

void TestSessions::anOlderSessionElsewhereCausesNoChange()
{
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, WorkspaceId("other"), kSession));
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kOther));
    const PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(),
                        {"presence:updates"});
    // Its node still thinks that the user is to be seen where this session is.
    TrackedDevice older(
        {.user = kUser, .device = kWeb, .id = kSession, .workspace = WorkspaceId("other")});
    scheduler.track(older);
    QSignalSpy refreshed(&scheduler, &HeartbeatScheduler::refreshed);
    QTRY_VERIFY(refreshed.size() >= 3);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QTRY_COMPARE(log.messages.size(), 1);
    QVERIFY(log.messages[0].second.contains("busy"));
}

void TestSessions::whatIsLateDoesNotBringAConnectionBack()
{
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 1s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->disconnect(kUser));
    // Sent before, and again because Redis had just started and did not know the script.
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->wait<redis::Reply>([&](auto done) {
        m_fixture->redis.eval(m_fixture->scripts.userRefresh, m_fixture->keys.user(kUser),
                              {"42", "60", "", "", kSession.bytes()}, std::move(done));
    }));
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Offline, 8000);
}

void TestSessions::aSignedOffSessionCannotComeBack()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->wait<void>(
        [&](auto done) { m_fixture->tracker.signOff(kUser, kWeb, std::move(done)); }));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    const auto again = m_fixture->heartbeat(kUser, kWeb, kAcme);
    QVERIFY(!again);
    QCOMPARE(again.error().code, ErrorCode::Forbidden);
    // The device itself may, with a new connection.
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kOther));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

void TestSessions::aRestDeviceMayComeBackAfterItWasSignedOff()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, restSession(kWeb)));
    QVERIFY(m_fixture->wait<void>(
        [&](auto done) { m_fixture->tracker.signOff(kUser, kWeb, std::move(done)); }));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, restSession(kWeb)));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

void TestSessions::aUserIsAwayWhileAllDevicesAreIdle()
{
    const Session web{.user = kUser, .device = kWeb, .id = kSession, .isIdle = true};
    Session phone{.user = kUser, .device = kPhone, .id = kOther, .isIdle = false};
    QVERIFY(announce(web));
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
    QVERIFY(announce(phone));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    phone.isIdle = true;
    QVERIFY(announce(phone));
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
    QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).status, Status::Away);
    QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).chosen, Status::Online);
    QVERIFY(m_fixture->disconnect(kUser, kSession));
    QVERIFY(m_fixture->disconnect(kUser, kOther));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
}

void TestSessions::aChosenStatusStaysWhateverTheDevicesDo()
{
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kSession, .isIdle = true}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Busy);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
}

void TestSessions::aNewSessionIsAsItsDeviceWas()
{
    makeFixture({.offlineGrace = 5s});
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kSession, .isIdle = true}));
    const PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(),
                        {"presence:status"});
    QVERIFY(m_fixture->disconnect(kUser));
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kOther}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kOther, .isIdle = false}));
    QTRY_COMPARE(log.messages.size(), 1);
    QVERIFY(log.messages[0].second.contains("\"online\""));
}

void TestSessions::whoHidesLeavesItsChannelsBeforeItIsOffline()
{
    for (const bool isGone : {false, true}) {
        enterGeneral(isGone ? kOther : kSession);
        const PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(),
                            {"presence:status", "presence:typing", "presence:events:channel:7"});
        if (isGone)
            QVERIFY(m_fixture->disconnect(kUser, kOther));
        else
            QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        QTRY_COMPARE(log.messages.size(), 4);
        QVERIFY(log.messages[0].second.endsWith("stop"));
        QCOMPARE(log.messages[1].first, "presence:typing"_ba);
        QVERIFY(log.messages[2].second.endsWith("view\n42\n"));
        QVERIFY(log.messages[3].second.contains("\"offline\""));
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        QVERIFY(m_fixture->disconnect(kUser));
    }
}

void TestSessions::theSweeperFinishesAHidingThatANodeBegan()
{
    enterGeneral(kSession);
    const PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(),
                        {"presence:status"});
    // All that the node did before it died: the index, and the user's own script.
    Index(m_fixture->store, redis::KeySpace::kUserIndex).hasten("42", Index::Which::Known);
    QVERIFY(m_fixture->wait<redis::Reply>([&](auto done) {
        m_fixture->redis.eval(m_fixture->scripts.userSetStatus, m_fixture->keys.user(kUser),
                              {"42", "60", "presence:events:user:42", "presence:status",
                               "invisible", "", "keep", "", "keep", "0"},
                              std::move(done));
    }));
    QVERIFY(isViewing());
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(log.messages.size(), 1, 15'000);
    QVERIFY(log.messages[0].second.contains("\"offline\""));
    QVERIFY(!isViewing());
    QCOMPARE(m_fixture->online(kAcme).total, 0);
}

void TestSessions::aDeadSessionLeavesItsChannelsThoughTheUserStays()
{
    makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s});
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    enterGeneral(kSession); // of a node that is dead: nobody refreshes it
    QVERIFY(m_fixture->heartbeat(kUser, kPhone, kAcme, kOther));
    TrackedDevice phone({.user = kUser, .device = kPhone, .id = kOther, .workspace = kAcme});
    scheduler.track(phone);
    const PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(),
                        {"presence:status"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_VERIFY_WITH_TIMEOUT(!isViewing(), 8000);
    QTRY_COMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:user:42:channels"_s}), "0"_ba);
    QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
    QVERIFY(log.messages.isEmpty());
}

void TestSessions::othersReadWhatTheyWereTold()
{
    makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QTRY_COMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).status, Status::Offline);
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    const PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(),
                        {"presence:status"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Offline, 8000);
    QTRY_COMPARE(log.messages.size(), 1);
}

void TestSessions::nobodyIsMissedAfterATimeWithoutRedis()
{
    makeFixture(
        {.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s, .sweepInterval = 20ms});
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme});
    scheduler.track(device);
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:sweeper"_s}), "1"_ba);
    const qint64 frozen = m_fixture->now();
    PubSubLog log(redis::Endpoint::parse(m_fixture->server.url()).value(), {"presence:status"});
    m_fixture->server.freeze();
    QTRY_VERIFY_WITH_TIMEOUT(QDateTime::currentSecsSinceEpoch() > frozen + 3, 8000);
    m_fixture->server.thaw();
    // The device was refreshed, and the sweeper is at work again, before anything is told.
    QTRY_VERIFY(m_fixture->get(kUser, Viewer::SelfOrAdmin).status == Status::Online);
    QTRY_VERIFY(m_fixture
                    ->cli({u"ZRANGEBYSCORE"_s, u"presence:index:users"_s, u"-inf"_s,
                           QString::number(frozen + 3)})
                    .isEmpty());
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QTRY_VERIFY(!log.messages.isEmpty());
    QVERIFY(log.messages[0].second.contains("\"busy\""));
}

void TestSessions::aLateAnswerDoesNotPutOffACheck()
{
    const Index index(m_fixture->store, redis::KeySpace::kUserIndex);
    const auto score = [&] {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:index:users"_s, u"42"_s});
    };
    // Twice: a script that Redis does not know yet is sent again behind the first.
    const auto settled = [&] {
        for (int i = 0; i < 2; ++i)
            QVERIFY(m_fixture->wait<redis::Reply>(
                [&](auto done) { m_fixture->redis.command("x", {"PING"}, std::move(done)); }));
    };
    const QByteArray first = index.hasten("42", Index::Which::New);
    const QByteArray second = index.hasten("42", Index::Which::New);
    index.note("42", second, 1006);
    index.note("42", first, 1060);
    // Neither knows of the other: it is checked at once.
    settled();
    QVERIFY(score() != first && score() != second);
    QVERIFY(score().toDouble() > 0 && score().toDouble() < 1);
    // Nor does the sweeper, which looked before the last of them.
    index.checked({.member = "42", .due = first}, 1060);
    settled();
    QVERIFY(score().toDouble() < 1);
    index.checked({.member = "42", .due = score()}, 1006);
    settled();
    QCOMPARE(score(), "1006"_ba);
    index.note("42", first, 1060);
    index.note("42", first, 1003);
    settled();
    QCOMPARE(score(), "1003"_ba);
}

void TestSessions::aWorkspaceGhostOfAForgottenUserIsRemoved()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    // Redis evicted the user; nobody refreshes its entry any more.
    m_fixture->cli({u"DEL"_s, u"presence:user:42"_s, u"presence:user:42:devices"_s,
                    u"presence:user:42:sessions"_s});
    m_fixture->cli({u"ZADD"_s, u"presence:online:acme"_s, u"1000"_s, u"42"_s});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"HEXISTS"_s, u"presence:workspace:acme"_s, u"42"_s}),
                              "0"_ba, 15'000);
}

QTEST_GUILESS_MAIN(TestSessions)
#include "tst_sessions.moc"
