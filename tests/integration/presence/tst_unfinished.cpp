// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testregistry.h"
#include "trackerfixture.h"

#include <QSignalSpy>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// What a node left half done, or could not say in time.
class TestUnfinished : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 0s}); }
    void cleanup() { m_fixture.reset(); }

    void theSweeperFinishesAHidingThatANodeBegan();
    void aDeadSessionLeavesItsChannelsThoughTheUserStays();
    void othersReadWhatTheyWereTold();
    void nobodyIsMissedAfterATimeWithoutRedis();
    void aLateAnswerDoesNotPutOffACheck();
    void aCheckUnderWayDoesNotForgetWhatCameMeanwhile();
    void onlyWhatIsDueAtThatTimeIsRaised();
    void aHeartbeatRemembersWhenItsUserIsChecked();
    void aTimeThatSomebodyHasMovedIsAskedFor();
    void aWorkspaceGhostOfAForgottenUserIsRemoved();
    void whoJoinsIsCheckedBeforeItsTimeIsOver();
    void aStatusEndsInTimeThoughTheDueQueueWasLost();
    void aChangeThatNobodyShowedIsShownByAHeartbeat();
    void aChangeThatNobodyShowedIsShownByAHeartbeatByRest();
    void aStatusThatRedisLostIsGivenBackByAConnection();
    void whatComesLateUndoesNothing_data();
    void whatComesLateUndoesNothing();

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }
    /// The user's own script ran, and its answer was lost.
    bool becomesBusyUnshown()
    {
        return m_fixture
            ->wait<redis::Reply>([&](auto done) {
                m_fixture->redis.eval(m_fixture->scripts.userSetStatus,
                                      m_fixture->keys.user(kUser).all(),
                                      {"42", "60", m_fixture->keys.userEvents(kUser), "",
                                       m_fixture->keys.controlEvents(kUser), "", "busy", "", "keep",
                                       "", "keep", "0", "none", "0"},
                                      std::move(done));
            })
            .has_value();
    }
    bool isViewing()
    {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:channel:7"_s, u"42"_s}) != "";
    }

    QByteArray score() const
    {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:index:users"_s, u"42"_s});
    }
    /// From "cmdstat_zmscore:calls=3"; 0 before the first. Of a cluster, of one node.
    int calls(const QByteArray &command) const
    {
        const QByteArray stats = m_fixture->cli({u"INFO"_s, u"commandstats"_s});
        const QByteArray begin = "cmdstat_" + command + ":calls=";
        const qsizetype at = stats.indexOf(begin);
        return at < 0 ? 0 : stats.mid(at + begin.size(), 9).split(',')[0].toInt();
    }

    std::unique_ptr<TrackerFixture> m_fixture;
};

void TestUnfinished::theSweeperFinishesAHidingThatANodeBegan()
{
    QVERIFY(m_fixture->enterGeneral(kSession));
    const PubSubLog log(m_fixture->server, {"presence:status"});
    // All that the node did before it died: the index, and the user's own script.
    DueQueue(m_fixture->store, redis::KeySpace::kDueUsers).schedule("42", DueQueue::Which::Known);
    QVERIFY(m_fixture->wait<redis::Reply>([&](auto done) {
        m_fixture->redis.eval(m_fixture->scripts.userSetStatus, m_fixture->keys.user(kUser).all(),
                              {"42", "60", m_fixture->keys.userEvents(kUser), "presence:status",
                               m_fixture->keys.controlEvents(kUser), "", "invisible", "", "keep",
                               "", "keep", "0", "none", "0"},
                              std::move(done));
    }));
    QVERIFY(isViewing());
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(log.messages.size(), 1, 15'000);
    QVERIFY(log.messages[0].second.contains("\"offline\""));
    QVERIFY(!isViewing());
    // The workspace follows.
    QTRY_COMPARE(m_fixture->online(kAcme).total, 0);
}

// Whatever else there is to check of the user: its node may die before the first heartbeat.
void TestUnfinished::whoJoinsIsCheckedBeforeItsTimeIsOver()
{
    QVERIFY(m_fixture->wait<UserTransition>([&](auto done) {
        m_fixture->tracker.setStatus(
            kUser, {.status = Status::Busy, .clearAfter = std::chrono::seconds(3600)},
            std::move(done));
    }));
    const auto check = [&] {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:index:users"_s, u"42"_s}).toDouble();
    };
    QTRY_VERIFY(check() > double(m_fixture->now() + 3500)); // the end of the status
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    const double latest
        = double(m_fixture->now() + m_fixture->store.config.presenceTtl.count() + 1);
    QTRY_VERIFY2(check() <= latest, QByteArray::number(check(), 'f', 0).constData());
}

// Who joins enters the queue by its own time; the user has an earlier one.
void TestUnfinished::aStatusEndsInTimeThoughTheDueQueueWasLost()
{
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .clearAfter = 20s}));
    const auto check = [&] {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:index:users"_s, u"42"_s}).toDouble()
            - double(m_fixture->now());
    };
    QTRY_VERIFY(check() > 0);
    m_fixture->cli({u"DEL"_s, u"presence:index:users"_s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QTRY_VERIFY2(check() > 0 && check() <= 20, QByteArray::number(check()).constData());
}

// The answer of the user's script is lost in an outage, and with it what is to be done elsewhere.
void TestUnfinished::aChangeThatNobodyShowedIsShownByAHeartbeat()
{
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme});
    const auto shown = [&] {
        return m_fixture->cli({u"HGET"_s, u"presence:workspace:acme"_s, u"42"_s});
    };
    const PubSubLog log(m_fixture->server, {"presence:updates"});
    QVERIFY(becomesBusyUnshown());
    QVERIFY(shown().contains("online"));
    scheduler.track(device);
    QTRY_VERIFY(shown().contains("busy"));
    // Once it is shown, it is not shown again.
    const QByteArray now = shown();
    const int beats = 3;
    QSignalSpy refreshed(&scheduler, &HeartbeatScheduler::refreshed);
    QTRY_COMPARE(refreshed.count(), beats);
    QCOMPARE(shown(), now);
    QCOMPARE(log.messages.size(), 1);
}

void TestUnfinished::aChangeThatNobodyShowedIsShownByAHeartbeatByRest()
{
    const SessionId rest = restSession(kWeb);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, rest));
    QVERIFY(becomesBusyUnshown());
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, rest));
    QTRY_VERIFY(
        m_fixture->cli({u"HGET"_s, u"presence:workspace:acme"_s, u"42"_s}).contains("busy"));
}

void TestUnfinished::aStatusThatRedisLostIsGivenBackByAConnection()
{
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->setStatus(kUser,
                                 {.status = Status::Busy,
                                  .customMessage = "a \"b\"\n"_ba,
                                  .clearAfter = std::chrono::seconds(100)}));
    const auto before = m_fixture->wait<UserPresence>([&](auto done) {
        m_fixture->tracker.getPresence(kUser, Viewer::SelfOrAdmin, std::move(done));
    });
    QVERIFY(before);
    TrackedDevice device({.user = kUser,
                          .device = kWeb,
                          .id = kSession,
                          .workspace = kAcme,
                          .clientHeld = before->clientHeld,
                          .clientHeldAt = before->revision});
    m_fixture->cli({u"FLUSHALL"_s});
    scheduler.track(device);
    QTRY_COMPARE(m_fixture->get(kUser).status, Status::Busy);
    QCOMPARE(m_fixture->get(kUser).customMessage, u"a \"b\"\n"_s);
    QTRY_VERIFY(m_fixture->cli({u"ZSCORE"_s, u"presence:status_expiry"_s, u"42"_s}) != "");
    QCOMPARE(m_fixture->cli({u"HGET"_s, u"presence:user:42"_s, u"expires_at"_s}),
             m_fixture->cli({u"ZSCORE"_s, u"presence:status_expiry"_s, u"42"_s}));
    // What was said since goes before what was kept.
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Away}));
    m_fixture->cli({u"HDEL"_s, u"presence:user:42"_s, u"session:s1"_s});
    QTRY_VERIFY(m_fixture->cli({u"HEXISTS"_s, u"presence:user:42"_s, u"session:s1"_s}) == "1");
    QCOMPARE(m_fixture->get(kUser).status, Status::Away);
}

void TestUnfinished::aDeadSessionLeavesItsChannelsThoughTheUserStays()
{
    makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s});
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->enterGeneral(kSession)); // of a node that is dead: nobody refreshes it
    QVERIFY(m_fixture->heartbeat(kUser, kPhone, kAcme, kOtherSession));
    TrackedDevice phone({.user = kUser, .device = kPhone, .id = kOtherSession, .workspace = kAcme});
    scheduler.track(phone);
    const PubSubLog log(m_fixture->server, {"presence:status"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_VERIFY_WITH_TIMEOUT(!isViewing(), 8000);
    QTRY_COMPARE(m_fixture->cli({u"HEXISTS"_s, u"presence:user:42"_s, u"channels:s1"_s}), "0"_ba);
    QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
    QVERIFY(log.messages.isEmpty());
}

void TestUnfinished::othersReadWhatTheyWereTold()
{
    makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    // Silent for longer than PRESENCE_TTL: only the sweeper knows whether its node could refresh
    // it.
    const qint64 since = m_fixture->now();
    QTRY_VERIFY(m_fixture->now() > since + 2);
    for (const Viewer viewer : {Viewer::SelfOrAdmin, Viewer::Other})
        QCOMPARE(m_fixture->get(kUser, viewer).status, Status::Online);
    const PubSubLog log(m_fixture->server, {"presence:status"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Offline, 8000);
    QTRY_COMPARE(log.messages.size(), 1);
}

void TestUnfinished::nobodyIsMissedAfterATimeWithoutRedis()
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
    QTRY_COMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:sweeper:lease"_s}), "1"_ba);
    const qint64 frozen = m_fixture->now();
    PubSubLog log(m_fixture->server, {"presence:status"});
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

void TestUnfinished::aLateAnswerDoesNotPutOffACheck()
{
    const DueQueue queue(m_fixture->store, redis::KeySpace::kDueUsers);
    const auto score = [&] {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:index:users"_s, u"42"_s});
    };
    // Twice: a script that Redis does not know yet is sent again behind the first.
    const auto settled = [&] {
        for (int i = 0; i < 2; ++i)
            QVERIFY(m_fixture->wait<redis::Reply>(
                [&](auto done) { m_fixture->redis.command("x", {"PING"}, std::move(done)); }));
    };
    const QByteArray first = queue.schedule("42", DueQueue::Which::New);
    const QByteArray second = queue.schedule("42", DueQueue::Which::New);
    queue.reschedule("42", second, 1'006'250);
    queue.reschedule("42", first, 1'060'000);
    // Neither knows of the other: it is checked at once.
    settled();
    QVERIFY(score() != first && score() != second);
    QVERIFY(score().toDouble() > 0 && score().toDouble() < 1);
    // Nor does the sweeper, which looked before the last of them.
    queue.acknowledge({{{.member = "42", .due = first}, 1'060'000}});
    settled();
    QVERIFY(score().toDouble() < 1);
    queue.acknowledge({{{.member = "42", .due = score()}, 1'006'250}});
    settled();
    QCOMPARE(score(), "1006.25"_ba);
    queue.reschedule("42", first, 1'060'000);
    settled();
    QVERIFY(score().toDouble() < 1);
}

void TestUnfinished::aCheckUnderWayDoesNotForgetWhatCameMeanwhile()
{
    const DueQueue queue(m_fixture->store, redis::KeySpace::kDueChannels);
    const auto score = [&] {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:index:channels"_s, u"7"_s});
    };
    const auto fence = [&] {
        QVERIFY(m_fixture->wait<redis::Reply>(
            [&](auto done) { m_fixture->redis.command("x", {"PING"}, std::move(done)); }));
    };
    const qint64 inAMinute = (m_fixture->now() + 60) * 1000;
    m_fixture->cli({u"ZADD"_s, u"presence:index:channels"_s, u"1000"_s, u"7"_s});
    // The sweeper found nobody in it. Before it says so, somebody begins to type there.
    queue.reschedule("7", queue.schedule("7", DueQueue::Which::New), inAMinute);
    queue.acknowledge({{{.member = "7", .due = "1000"}, 0}});
    fence();
    fence();
    QVERIFY(score() != "" && score().toDouble() < 1);
    // What is not due is looked at when it ends, or before.
    queue.acknowledge({{{.member = "7", .due = score()}, inAMinute + 250}});
    const QByteArray seen = score();
    queue.reschedule("7", queue.schedule("7", DueQueue::Which::New), inAMinute + 500);
    // A heartbeat, that saw nobody who began meanwhile.
    queue.acknowledge({{{.member = "7", .due = seen}, inAMinute + 60'000}});
    fence();
    QCOMPARE(std::round(score().toDouble() * 1000), static_cast<double>(inAMinute + 250));
    queue.reschedule("7", queue.schedule("7", DueQueue::Which::New), inAMinute);
    fence();
    QCOMPARE(score().toDouble(), static_cast<double>(inAMinute) / 1000);
}

void TestUnfinished::onlyWhatIsDueAtThatTimeIsRaised()
{
    const DueQueue queue(m_fixture->store, redis::KeySpace::kDueUsers);
    const QString key = u"presence:index:users"_s;
    const QByteArray due = DueQueue::toScore(1'000'004, 50);
    QCOMPARE(due, "1000.004050"_ba);
    for (const auto &[member, at] :
         {std::pair(u"a"_s, due), {u"b"_s, due}, {u"earlier"_s, "1000.004049"_ba}})
        m_fixture->cli({u"ZADD"_s, key, QString::fromLatin1(at), member});
    const auto raised = m_fixture->wait<std::vector<QByteArray>>([&](auto done) {
        queue.raise({.entry = {.due = due}, .nextCheck = 2'000'000, .mark = 7},
                    {"a", "earlier", "gone"}, std::move(done));
    });
    QVERIFY(raised);
    QCOMPARE(*raised, std::vector{"a"_ba});
    QCOMPARE(m_fixture->cli({u"ZRANGE"_s, key, u"0"_s, u"-1"_s}), "earlier\nb\na"_ba);
    QVERIFY(qAbs(m_fixture->cli({u"ZSCORE"_s, key, u"a"_s}).toDouble() - 2000.000007) < 1e-7);
}

void TestUnfinished::aHeartbeatRemembersWhenItsUserIsChecked()
{
    // Two heartbeats in a second are not told from one.
    makeFixture({.heartbeatInterval = 2s, .presenceTtl = 5s, .offlineGrace = 0s});
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    // In no workspace, whose heartbeats ask for scores as well.
    TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession});
    scheduler.track(device);
    const double joined = score().toDouble();
    QTRY_VERIFY_WITH_TIMEOUT(score().toDouble() > joined, 20'000);
    const int asked = calls("zmscore");
    const double first = score().toDouble();
    QTRY_VERIFY_WITH_TIMEOUT(score().toDouble() > first + 3, 20'000);
    if (m_fixture->keys.isOnOneServer())
        QCOMPARE(calls("zmscore"), asked);
}

void TestUnfinished::aTimeThatSomebodyHasMovedIsAskedFor()
{
    // Two heartbeats in a second are not told from one.
    makeFixture({.heartbeatInterval = 2s, .presenceTtl = 5s, .offlineGrace = 0s});
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    // In no workspace, whose heartbeats ask for scores as well.
    TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession});
    scheduler.track(device);
    const double joined = score().toDouble();
    QTRY_VERIFY_WITH_TIMEOUT(score().toDouble() > joined, 20'000);
    const int asked = calls("zmscore");
    // As a change would, whose node is to say more.
    DueQueue(m_fixture->store, redis::KeySpace::kDueUsers).schedule("42", DueQueue::Which::Known);
    if (m_fixture->keys.isOnOneServer())
        QTRY_VERIFY_WITH_TIMEOUT(calls("zmscore") > asked, 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(score().toDouble() > joined, 20'000);
    // And the queue as a whole may be lost.
    m_fixture->cli({u"DEL"_s, u"presence:index:users"_s});
    QTRY_VERIFY_WITH_TIMEOUT(score().toDouble() > joined, 20'000);
}

void TestUnfinished::aWorkspaceGhostOfAForgottenUserIsRemoved()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    // Redis evicted the user; nobody refreshes its entry any more.
    m_fixture->cli({u"DEL"_s, u"presence:user:42"_s, u"presence:user:42:devices"_s});
    m_fixture->cli({u"ZADD"_s, u"presence:online:acme"_s, u"1000"_s, u"42"_s});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"HEXISTS"_s, u"presence:workspace:acme"_s, u"42"_s}),
                              "0"_ba, 15'000);
}

void TestUnfinished::whatComesLateUndoesNothing_data()
{
    QTest::addColumn<QByteArrayList>("steps"); // with the revision of each, relative to now
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("leave") << QByteArrayList{"-30 enter online", "-10 enter busy", "-20 leave busy"}
                           << "busy"_ba;
    QTest::newRow("leave, back just as before")
        << QByteArrayList{"-30 enter online", "-10 enter online", "-20 leave online"}
        << "online"_ba;
    QTest::newRow("enter") << QByteArrayList{"-30 enter online", "-10 leave online",
                                             "-20 enter busy"}
                           << ""_ba;
    QTest::newRow("enter, back just as before")
        << QByteArrayList{"-30 enter online", "-10 enter online", "-20 enter busy"} << "online"_ba;
    QTest::newRow("not late") << QByteArrayList{"-30 enter online", "-20 enter online",
                                                "-10 leave online"}
                              << ""_ba;
}

// A leave that a workspace refused is tried for as long as it takes, and nodes do not wait for one
// another.
void TestUnfinished::whatComesLateUndoesNothing()
{
    QFETCH(QByteArrayList, steps);
    QFETCH(QByteArray, shown);
    const qint64 now = m_fixture->now();
    for (const QByteArray &step : std::as_const(steps)) {
        const QByteArrayList words = step.split(' ');
        const auto put = m_fixture->wait<redis::Reply>([&](auto done) {
            m_fixture->redis.eval(m_fixture->scripts.workspacePut,
                                  m_fixture->keys.workspace(kAcme).all(),
                                  {kAcme.bytes(), kUser.bytes(),
                                   QByteArray::number((now + words[0].toLongLong()) * 1'000'000),
                                   words[1], "\"status\":\"" + words[2] + "\",\"kinds\":[]",
                                   m_fixture->keys.workspaceEvents(kAcme), ""_ba},
                                  std::move(done));
        });
        QVERIFY(put && !put->isError());
    }
    const QByteArray meta = m_fixture->cli({u"HGET"_s, u"presence:workspace:acme"_s, u"42"_s});
    QVERIFY2(shown.isEmpty() ? meta.isEmpty() : meta.contains("\"status\":\"" + shown + '"'),
             meta.constData());
    QCOMPARE(m_fixture->online(kAcme).total, int(!shown.isEmpty()));
}

PRESENCE_TEST(TestUnfinished)
#include "tst_unfinished.moc"
