// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/sweeper.h"
#include "server/presence/usereraser.h"
#include "tests/support/testregistry.h"
#include "trackerfixture.h"

#include <QSignalSpy>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;

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
    void aDeviceThatComesBackLooksAtTheSame();
    void anErasedUserCannotComeBack();
    void aSweeperThatIsLateDoesNotBringAnErasedUserBack();
    void aChangeIsOneCall();
    void aSignOffIsOfItsWholeMillisecond();
    void aSignOffHoldsUntilTheTokenIsNewer_data();
    void aSignOffHoldsUntilTheTokenIsNewer();
    void soManySignedOffDevicesAreRemembered();
    void whoWasSignedOffOnceIsMissedLikeAnybody();
    void whoHidesHasTheDevicesOfOneThatIsGone();
    void whoHidesIsSeenLessAsOneThatIsGone();
    void aDeviceThatIsNotRefreshedIsNotShown();
    void connectionsHoldTheEndOfAStatusWithoutText();
    void aUserIsAwayWhileAllDevicesAreIdle();
    void aChosenStatusStaysWhateverTheDevicesDo();
    void aNewSessionIsAsItsDeviceWas();
    void theNewestSessionSaysHowItsDeviceWas();
    void whoHidesLeavesItsChannelsBeforeItIsOffline();

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }
    Result<UserTransition> announce(const Session &session)
    {
        return m_fixture->wait<UserTransition>(
            [&](auto done) { m_fixture->tracker.announce(session, std::move(done)); });
    }

    void signOff(const DeviceId &device)
    {
        QVERIFY(m_fixture->wait<void>(
            [&](auto done) { m_fixture->tracker.signOff(kUser, device, std::move(done)); }));
    }
    bool isRefused(const Session &session)
    {
        const auto announced = announce(session);
        return !announced && announced.error().code == ErrorCode::Forbidden;
    }

    std::unique_ptr<TrackerFixture> m_fixture;
};

void TestSessions::aDeviceThatIsOpenTwiceStaysUntilBothAreGone()
{
    for (const bool newerFirst : {true, false}) {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kSession));
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kOtherSession));
        QVERIFY(m_fixture->disconnect(kUser, newerFirst ? kOtherSession : kSession));
        QCOMPARE(m_fixture->get(kUser).status, Status::Online);
        QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
        QVERIFY(m_fixture->disconnect(kUser, newerFirst ? kSession : kOtherSession));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    }
}

void TestSessions::aDeviceGoesBackToTheWorkspaceOfTheSessionThatIsLeft()
{
    const WorkspaceId other("other");
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kSession));
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, other, kOtherSession));
    QCOMPARE(m_fixture->online(kAcme).total, 0);
    QVERIFY(m_fixture->disconnect(kUser, kOtherSession));
    QCOMPARE(m_fixture->online(kAcme).total, 1);
    QCOMPARE(m_fixture->online(other).total, 0);
}

void TestSessions::anOlderSessionElsewhereCausesNoChange()
{
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, WorkspaceId("other"), kSession));
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, kOtherSession));
    const PubSubLog log(m_fixture->server, {"presence:updates"});
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
        m_fixture->redis.eval(m_fixture->scripts.userRefresh, m_fixture->keys.user(kUser).all(),
                              {"42", "60", "", "", "", "0", kSession.bytes()}, std::move(done));
    }));
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Offline, 8000);
}

// A session hands on what it looked at, to one of its device and once it has ended.
void TestSessions::aDeviceThatComesBackLooksAtTheSame()
{
    const ChannelId other("8");
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 30s});
    const auto announce = [&](const char *id, const DeviceId &device, bool isReturning = true) {
        const auto transition = m_fixture->wait<UserTransition>([&](auto done) {
            m_fixture->tracker.announce({.user = kUser,
                                         .device = device,
                                         .id = SessionId(id),
                                         .workspace = kAcme,
                                         .isReturning = isReturning},
                                        std::move(done));
        });
        return transition ? transition->announced.takenOver : std::vector{ChannelId("failed")};
    };
    const auto disconnect = [&](const char *id, const std::optional<QSet<ChannelId>> &viewed) {
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect({.user = kUser, .device = kWeb, .id = SessionId(id)},
                                          viewed, 0ms, std::move(done));
        }));
    };
    const std::vector<ChannelId> none, general{kGeneral}, both{kGeneral, other};
    QCOMPARE(announce("1", kWeb), none);
    QCOMPARE(announce("2", kWeb), none); // The first is open.
    disconnect("1", QSet{kGeneral});
    QCOMPARE(announce("3", kPhone), none);
    QCOMPARE(announce("4", kWeb, false), none);
    QCOMPARE(announce("2", kWeb), none); // It is no new one.
    QCOMPARE(announce("5", kWeb), general);
    QCOMPARE(announce("6", kWeb), none); // Another one has them.
    // A connection that was not told of them hands them on all the same.
    disconnect("5", std::nullopt);
    QCOMPARE(announce("7", kWeb), general);
    // Nothing is what the device looked at last, whatever it did before.
    disconnect("3", QSet{other});
    disconnect("7", QSet<ChannelId>());
    disconnect("4", QSet<ChannelId>());
    QCOMPARE(announce("8", kWeb), none);
    // Of two the newest.
    disconnect("2", QSet{other});
    disconnect("8", QSet{kGeneral});
    QCOMPARE(announce("9", kWeb), general);
    QCOMPARE(announce("10", kWeb), none); // of 4
    QCOMPARE(announce("11", kWeb), std::vector{other});
    QCOMPARE(m_fixture->cli({u"HKEYS"_s, u"presence:user:42"_s}).count("viewed:"), 3);
}

// Its connections hear of it late, or not at all, and know what it was.
void TestSessions::anErasedUserCannotComeBack()
{
    Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    const auto announce = [&] {
        return m_fixture->wait<UserTransition>(
            [&](auto done) { m_fixture->tracker.announce(session, std::move(done)); });
    };
    auto step = announce();
    QVERIFY(step);
    session.startedAt = step->announced.startedAt;
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .customMessage = "secret"}));
    UserEraser eraser(m_fixture->store);
    QVERIFY(m_fixture->wait<std::chrono::milliseconds>(
        [&](auto done) { eraser.erase(kUser, std::move(done)); }));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QCOMPARE(m_fixture->online(kAcme).total, 0);
    step = announce();
    QVERIFY(!step && step.error().code == ErrorCode::Forbidden);
    session.clientHeld = R"(["busy","secret","","0"])";
    session.clientHeldAt = session.startedAt;
    QVERIFY(!announce());
    QVERIFY(m_fixture->wait<void>([&](auto done) {
        m_fixture->tracker.disconnect(session, QSet<ChannelId>(), 0ms, std::move(done));
    }));
    QCOMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:user:42"_s}), "0"_ba);
    // Who comes anew is new.
    session = {.user = kUser, .device = kWeb, .id = kOtherSession, .workspace = kAcme};
    QVERIFY(announce());
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

// It had read that the user is due.
void TestSessions::aSweeperThatIsLateDoesNotBringAnErasedUserBack()
{
    const Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    QVERIFY(announce(session));
    UserEraser eraser(m_fixture->store);
    QVERIFY(m_fixture->wait<std::chrono::milliseconds>(
        [&](auto done) { eraser.erase(kUser, std::move(done)); }));
    m_fixture->cli({u"ZADD"_s, u"presence:index:users"_s, u"1"_s, u"42"_s});
    PubSubLog log(m_fixture->server, {"presence:status"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "0"_ba,
                              10'000);
    QCOMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:user:42"_s}), "0"_ba);
    QVERIFY(log.messages.isEmpty());
}

// One by which a user joins, says what it does, and leaves: all keys are on one server.
void TestSessions::aChangeIsOneCall()
{
    if (!m_fixture->keys.isOnOneServer())
        QSKIP("in a cluster there are several");
    const auto calls = [this] {
        const QByteArray info = m_fixture->cli({u"INFO"_s, u"commandstats"_s});
        int count = 0;
        for (const char *command : {"cmdstat_fcall:calls=", "cmdstat_evalsha:calls="}) {
            const auto at = info.indexOf(command);
            const auto begin = at + qsizetype(strlen(command));
            if (at >= 0)
                count += info.mid(begin, info.indexOf(',', begin) - begin).toInt();
        }
        return count;
    };
    const Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    QVERIFY(announce(session)); // loads the library
    QVERIFY(m_fixture->disconnect(kUser, kSession));
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "0"_ba,
                              10'000);
    sweeper.stop([] {});
    QTRY_COMPARE(m_fixture->cli({u"HGET"_s, u"presence:sweeper:lease"_s, u"reader"_s}), ""_ba);
    const int before = calls();
    const Session next{.user = kUser, .device = kWeb, .id = kOtherSession, .workspace = kAcme};
    QVERIFY(announce(next));
    QCOMPARE(calls() - before, 1);
    QCOMPARE(m_fixture->online(kAcme).total, 1); // one call more
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QCOMPARE(calls() - before, 3);
    QVERIFY(m_fixture->disconnect(kUser, kOtherSession));
    QCOMPARE(calls() - before, 4);
}

void TestSessions::aSignedOffSessionCannotComeBack()
{
    Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    const auto announced = announce(session);
    QVERIFY(announced);
    session.startedAt = announced->announced.startedAt;
    signOff(kWeb);
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    // It was there before, whatever its token says.
    session.tokenIssuedAt = std::chrono::hours(24 * 365 * 100);
    QVERIFY(isRefused(session));
    // What its connection says when it closes brings nothing back.
    QVERIFY(m_fixture->wait<void>([&](auto done) {
        m_fixture->tracker.disconnect(session, QSet<ChannelId>(), 0ms, std::move(done));
    }));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
}

void TestSessions::aSignOffIsOfItsWholeMillisecond()
{
    Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    const auto announced = announce(session);
    QVERIFY(announced);
    session.startedAt = announced->announced.startedAt;
    session.tokenIssuedAt = std::chrono::hours(24 * 365 * 100);
    QVERIFY(m_fixture->disconnect(kUser, kSession));
    const auto signOffAt = [this](qint64 ms) {
        m_fixture->cli({u"HSET"_s, u"presence:user:%1:signed_off"_s.arg(kUser.toString()),
                        kWeb.toString(), QString::number(ms)});
    };
    signOffAt(session.startedAt / 1000);
    QVERIFY(isRefused(session));
    signOffAt(session.startedAt / 1000 - 1);
    QVERIFY(!isRefused(session));
}

void TestSessions::aSignOffHoldsUntilTheTokenIsNewer_data()
{
    QTest::addColumn<SessionId>("id");
    QTest::newRow("a connection") << kOtherSession;
    QTest::newRow("REST") << restSession(kWeb);
}

void TestSessions::aSignOffHoldsUntilTheTokenIsNewer()
{
    QFETCH(const SessionId, id);
    using std::chrono::milliseconds;
    const auto now = [this] { return milliseconds(m_fixture->now() * 1000); };
    Session session{.user = kUser, .device = kWeb, .id = id, .tokenIssuedAt = now()};
    QVERIFY(announce(session));
    signOff(kWeb);
    QVERIFY(isRefused(session));
    // As long as that is not known, for a while only.
    session.tokenIssuedAt = milliseconds(0);
    QVERIFY(isRefused(session));
    m_fixture->store.config.signOffHold = std::chrono::seconds(0);
    QVERIFY(announce(session));
    // Another device is not meant, until all are.
    const Session phone{.user = kUser, .device = kPhone, .id = kSession, .tokenIssuedAt = now()};
    QVERIFY(announce(phone));
    signOff({});
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QVERIFY(isRefused(phone));
    session.tokenIssuedAt = now() + milliseconds(1500);
    QVERIFY(announce(session));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    // A later one does not make the older good again.
    session.tokenIssuedAt = now() - milliseconds(60'000);
    session.id = SessionId("another"_ba);
    QVERIFY(isRefused(session));
}

void TestSessions::soManySignedOffDevicesAreRemembered()
{
    Session session{.user = kUser, .device = kWeb, .id = kSession};
    session.tokenIssuedAt = std::chrono::milliseconds((m_fixture->now() - 10) * 1000);
    signOff(kWeb);
    for (int i = 0; i < 105; ++i)
        signOff(DeviceId("device-" + QByteArray::number(i)));
    QVERIFY(isRefused(session)); // though it is not remembered by name
    const QString key = u"presence:user:42:signed_off"_s;
    QCOMPARE(m_fixture->cli({u"HLEN"_s, key}), "101"_ba); // and all of them
    QCOMPARE(m_fixture->cli({u"HEXISTS"_s, key, u"device-0"_s}), "0"_ba);
    QCOMPARE(m_fixture->cli({u"HEXISTS"_s, key, u"device-104"_s}), "1"_ba);
    QCOMPARE(m_fixture->cli({u"HEXISTS"_s, key, u""_s}), "1"_ba);
    // Erasing the user lets nobody in.
    UserEraser eraser(m_fixture->store);
    QVERIFY(m_fixture->wait<std::chrono::milliseconds>(
        [&](auto done) { eraser.erase(kUser, std::move(done)); }));
    QCOMPARE(m_fixture->cli({u"HLEN"_s, key}), "1"_ba);
    QVERIFY(isRefused(session));
}

// What is known of a sign-off long ago is nothing against a later connection, should Redis lose it.
void TestSessions::whoWasSignedOffOnceIsMissedLikeAnybody()
{
    signOff(kWeb);
    Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    session.tokenIssuedAt = std::chrono::milliseconds((m_fixture->now() + 10) * 1000);
    const auto announced = announce(session);
    QVERIFY(announced);
    session.startedAt = announced->announced.startedAt;
    session.clientHeldAt = announced->revision;
    QCOMPARE(m_fixture->online(kAcme).total, 1);
    m_fixture->cli({u"DEL"_s, u"presence:user:42"_s, u"presence:user:42:devices"_s});
    QVERIFY(m_fixture->wait<void>([&](auto done) {
        m_fixture->tracker.disconnect(session, QSet<ChannelId>(), 0ms, std::move(done));
    }));
    QTRY_COMPARE(m_fixture->online(kAcme).total, 0);
}

// The sweeper may take a second to tell that the grace is over. Meanwhile the devices of who hides
// are those of one that is gone.
void TestSessions::whoHidesHasTheDevicesOfOneThatIsGone()
{
    makeFixture({.offlineGrace = 1s});
    const UserId gone("gone");
    const Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
    const Session other{.user = gone, .device = kWeb, .id = kOtherSession, .workspace = kAcme};
    QVERIFY(announce(session) && announce(other));
    const auto before = m_fixture->get(kUser).devices;
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
    QVERIFY(m_fixture->disconnect(gone, kOtherSession));
    const qint64 over = m_fixture->now() + 3;
    QTRY_VERIFY(m_fixture->now() >= over); // nobody has swept
    const redis::UserKeys keys = m_fixture->keys.user(kUser);
    const auto refreshed = m_fixture->wait<redis::Reply>([&](auto done) {
        m_fixture->redis.eval(m_fixture->scripts.userRefresh, keys.all(),
                              {"42", "60", "", "", "", "0", kSession.bytes()}, std::move(done));
    });
    QVERIFY(refreshed && !refreshed->isError());
    QCOMPARE(m_fixture->get(kUser).status, m_fixture->get(gone).status);
    QCOMPARE(m_fixture->get(gone).devices.size(), before.size());
    QCOMPARE(m_fixture->get(kUser).devices.size(), before.size());
    QCOMPARE(m_fixture->get(kUser).devices[0].lastHeartbeat, before[0].lastHeartbeat);
    // A new device of it is not shown to others, but to itself.
    Session phone = session;
    phone.device = kPhone;
    phone.id = SessionId("s3");
    QVERIFY(m_fixture
                ->cli({u"HSET"_s, QString::fromLatin1(keys.hash), u"hiding"_s,
                       QString::number((m_fixture->now() + 30) * 1000) + u" 1"_s})
                .startsWith('0'));
    QVERIFY(announce(phone));
    QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
    QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).devices.size(), 2);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
    QCOMPARE(m_fixture->get(kUser).devices.size(), 2);
}

// Of which another one had ended a moment before.
void TestSessions::whoHidesIsSeenLessAsOneThatIsGone()
{
    makeFixture({.offlineGrace = 4s});
    const UserId gone("gone");
    const WorkspaceId second("second");
    for (const UserId &user : {kUser, gone}) {
        QVERIFY(announce({.user = user, .device = kWeb, .id = kSession, .workspace = kAcme}));
        QVERIFY(
            announce({.user = user, .device = kPhone, .id = kOtherSession, .workspace = second}));
    }
    const qint64 begin = m_fixture->now();
    const auto look = [&](int after) {
        QTRY_VERIFY_WITH_TIMEOUT(m_fixture->now() >= begin + after, 20'000);
        for (const UserId &user : {kUser, gone})
            m_fixture->tracker.repair(user, [] {});
        QCOMPARE(m_fixture->get(kUser).view, m_fixture->get(gone).view);
    };
    QVERIFY(m_fixture->disconnect(kUser, kOtherSession));
    QVERIFY(m_fixture->disconnect(gone, kOtherSession));
    look(3);
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
    QVERIFY(m_fixture->disconnect(gone, kSession));
    look(3);
    QVERIFY(m_fixture->get(kUser).view.contains(R"("kinds":["mobile","web"])"));
    look(6);
    QVERIFY(m_fixture->get(kUser).view.contains(R"("kinds":["web"])"));
    QTRY_COMPARE(m_fixture->online(second).total, 0);
    QCOMPARE(m_fixture->online(kAcme).total, 2);
    look(9);
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QTRY_COMPARE(m_fixture->online(kAcme).total, 0);
}

void TestSessions::aDeviceThatIsNotRefreshedIsNotShown()
{
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kSession}));
    const QString devices = u"presence:user:42:devices"_s;
    m_fixture->cli({u"ZADD"_s, devices, QString::number(m_fixture->now() - 100), u"old"_s});
    QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
    QCOMPARE(m_fixture->get(kUser).devices[0].id, kWeb);
}

// Others see it, so it must not be lost with a user that Redis evicts.
void TestSessions::connectionsHoldTheEndOfAStatusWithoutText()
{
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kSession}));
    QVERIFY(m_fixture->get(kUser, Viewer::SelfOrAdmin).clientHeld.isEmpty());
    QVERIFY(m_fixture->setStatus(
        kUser, {.status = Status::Online, .clearAfter = std::chrono::seconds(60)}));
    const QByteArray held = m_fixture->get(kUser, Viewer::SelfOrAdmin).clientHeld;
    QVERIFY2(held.startsWith("[\"online\",\"\",\"\",\""), held.constData());
}

void TestSessions::aUserIsAwayWhileAllDevicesAreIdle()
{
    const Session web{.user = kUser, .device = kWeb, .id = kSession, .isIdle = true};
    Session phone{.user = kUser, .device = kPhone, .id = kOtherSession, .isIdle = false};
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
    QVERIFY(m_fixture->disconnect(kUser, kOtherSession));
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
    const PubSubLog log(m_fixture->server, {"presence:status"});
    QVERIFY(m_fixture->disconnect(kUser));
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kOtherSession}));
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
    QVERIFY(announce({.user = kUser, .device = kWeb, .id = kOtherSession, .isIdle = false}));
    QTRY_COMPARE(log.messages.size(), 1);
    QVERIFY(log.messages[0].second.contains("\"online\""));
}

// Nobody looks at them when each of them is over, but at all of them at once.
void TestSessions::theNewestSessionSaysHowItsDeviceWas()
{
    makeFixture({.offlineGrace = 1s});
    const auto nameOf = [](int i) { return QByteArray::number(i); };
    constexpr int kUsers = 10;
    for (int i = 0; i < kUsers; ++i) {
        const UserId user("user-" + nameOf(i));
        const Session older{
            .user = user, .device = kWeb, .id = SessionId("a" + nameOf(i)), .isIdle = true};
        const Session newer{
            .user = user, .device = kWeb, .id = SessionId("b" + nameOf(i)), .isIdle = false};
        QVERIFY(announce(older) && announce(newer));
        QVERIFY(m_fixture->disconnect(user, newer.id) && m_fixture->disconnect(user, older.id));
    }
    const qint64 over = m_fixture->now() + 2;
    QTRY_VERIFY(m_fixture->now() >= over);
    for (int i = 0; i < kUsers; ++i) {
        const UserId user("user-" + nameOf(i));
        QVERIFY(announce({.user = user, .device = kWeb, .id = SessionId("c" + nameOf(i))}));
        QCOMPARE(m_fixture->get(user).status, Status::Online);
    }
}

void TestSessions::whoHidesLeavesItsChannelsBeforeItIsOffline()
{
    for (const bool isGone : {false, true}) {
        QVERIFY(m_fixture->enterGeneral(isGone ? kOtherSession : kSession));
        PubSubLog log(m_fixture->server,
                      {"presence:status", "presence:typing", "presence:events:channel:7"});
        if (isGone)
            QVERIFY(m_fixture->disconnect(kUser, kOtherSession));
        else
            QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        QTRY_COMPARE(log.messages.size(), 4);
        // Nodes and other services listen over connections of their own.
        const QByteArrayList toNodes = log.on("presence:events:channel:7");
        QCOMPARE(toNodes.size(), 2);
        QVERIFY(toNodes[0].endsWith("stop"));
        QVERIFY(toNodes[1].endsWith("view\n42\n"));
        log.messages.removeIf(
            [](const auto &message) { return message.first == "presence:events:channel:7"; });
        QCOMPARE(log.messages[0].first, "presence:typing"_ba);
        QVERIFY(log.messages[1].second.contains("\"offline\""));
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        QVERIFY(m_fixture->disconnect(kUser));
    }
}

PRESENCE_TEST(TestSessions)
#include "tst_sessions.moc"
