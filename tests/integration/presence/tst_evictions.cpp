// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testregistry.h"
#include "trackerfixture.h"

using namespace presence;
using namespace presence::rules;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// A Redis that is short of memory evicts a user; its connections bring it back.
class TestEvictions : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 2s, .offlineGrace = 0s});
    }
    void cleanup() { m_fixture.reset(); }

    // The session says what it was when it ends, and so leaves all the same.
    void aUserWhoGoesBeforeItsNextHeartbeatIsSeenToGo()
    {
        Session session = join(kSession, kWeb, {kGeneral});
        PubSubLog log(m_fixture->server, {"presence:status"});
        evict();
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect(session, QSet<ChannelId>(), 0ms, std::move(done));
        }));
        QTRY_VERIFY(!log.messages.isEmpty() && log.messages.back().second.contains("\"offline\""));
        QCOMPARE(m_fixture->online(kAcme).total, 0);
        QVERIFY(!isViewing());
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    }

    // One server of a cluster refuses, and takes it again.
    void whoLeavesAWorkspaceThatRefusesItLeavesInTheEnd()
    {
        Session session = join(kSession, kWeb, {});
        QTRY_COMPARE(m_fixture->online(kAcme).total, 1);
        const QString key = u"presence:workspace:acme"_s;
        m_fixture->cli({u"DEL"_s, key});
        m_fixture->cli({u"SET"_s, key, u"not a hash"_s});
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect(session, QSet<ChannelId>(), 0ms, std::move(done));
        }));
        m_fixture->cli({u"DEL"_s, key});
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"ZCARD"_s, u"presence:online:acme"_s}), "0"_ba,
                                  10'000);
    }

    // What is kept for operators, of all users.
    void figuresThatAreBrokenKeepNobodyFromComingAndGoing()
    {
        for (const QString &key : {u"presence:visible"_s, u"presence:workspaces"_s})
            m_fixture->cli({u"SET"_s, key, u"no zset"_s});
        Session session = join(kSession, kWeb, {kGeneral});
        QTRY_COMPARE(m_fixture->online(kAcme).total, 1);
        QCOMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "1"_ba);
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect(session, QSet<ChannelId>{kGeneral}, 0ms, std::move(done));
        }));
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->online(kAcme).total, 0, 5'000);
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "0"_ba,
                                  10'000);
    }

    // It has begun, and what is missing is done by the sweeper.
    void aChangeThatFailsHalfWayIsFinished()
    {
        const QString key = QString::fromLatin1(m_fixture->keys.user(kUser).changes);
        m_fixture->cli({u"SET"_s, key, u"no list"_s});
        const Session session{.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme};
        QVERIFY(!m_fixture->wait<UserTransition>(
            [&](auto done) { m_fixture->tracker.announce(session, std::move(done)); }));
        QCOMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "1"_ba);
        m_fixture->cli({u"DEL"_s, key});
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_VERIFY_WITH_TIMEOUT(m_fixture->get(kUser).status == Status::Offline, 10'000);
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "0"_ba,
                                  10'000);
    }

    // Nobody is left who could say it: only the sweeper.
    void aUserWhoseNodeDiedAsWellIsSeenToGo()
    {
        join(kSession, kWeb, {});
        PubSubLog log(m_fixture->server, {"presence:status"});
        evict();
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_VERIFY_WITH_TIMEOUT(!log.messages.isEmpty(), 10'000);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->online(kAcme).total, 0, 15'000);
    }

    void aUserIsNotMissedBeforeItsHeartbeat()
    {
        const Session session = join(kSession, kWeb, {kGeneral});
        ChannelPresence channels(m_fixture->store);
        HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        TrackedDevice device(session);
        PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        evict();
        scheduler.track(device);
        QTRY_COMPARE(m_fixture->cli({u"HEXISTS"_s, u"presence:user:42"_s, u"session:s1"_s}),
                     "1"_ba);
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 3);
        for (const auto &[channel, message] : log.messages)
            QVERIFY2(!message.contains("\"offline\""), message.constData());
        QVERIFY(isViewing());
    }

    // Whichever says it first: the newest session of a device speaks for it.
    void aDeviceStaysInTheWorkspaceOfItsNewestSession()
    {
        Session first{.user = kUser, .device = kWeb, .id = kSession, .isIdle = false};
        Session second = first;
        second.id = kOtherSession;
        second.workspace = kAcme;
        for (Session *session : {&first, &second}) {
            const auto step = announce(*session);
            QVERIFY(step && step->announced.startedAt > 0);
            session->startedAt = step->announced.startedAt;
        }
        hold(first);
        hold(second);
        evict();
        QVERIFY(announce(second));
        QVERIFY(announce(first));
        QCOMPARE(m_fixture->online(kAcme).total, 1);
    }

    void anInvisibleUserStaysSo_data()
    {
        QTest::addColumn<bool>("isRest");
        QTest::newRow("a second device joins") << false;
        QTest::newRow("a heartbeat by REST") << true;
    }
    // The second does not know that the user hides; the first one says so.
    void anInvisibleUserStaysSo()
    {
        QFETCH(bool, isRest);
        Session first = joinHiding();
        PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
        // As its connection hears what is told to the user's own.
        PubSubLog own(m_fixture->server, {"presence:events:self:42"});
        evict();
        Session second{.user = kUser, .device = kPhone, .id = kOtherSession, .workspace = kAcme};
        if (isRest)
            second.id = restSession(kPhone);
        QVERIFY(announce(second));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QTRY_VERIFY(own.on("presence:events:self:42").contains("announce"));
        QVERIFY(announce(first));
        QCOMPARE(m_fixture->online(kAcme).total, 0);
        wasNeverSeen(log);
    }

    // The one that knows ends before it could say so, though not without saying it.
    void anInvisibleUserWhoseConnectionEndsMeanwhileStaysSo()
    {
        Session first = joinHiding();
        PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
        PubSubLog own(m_fixture->server, {"presence:events:self:42"});
        evict();
        QVERIFY(
            announce({.user = kUser, .device = kPhone, .id = kOtherSession, .workspace = kAcme}));
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect(first, QSet<ChannelId>(), 0ms, std::move(done));
        }));
        wasNeverSeen(log);
    }

    // Redis refused what the one that knows said, for as long as it had the time to.
    void anInvisibleUserWhoCouldNotSaySoInTimeStaysSo()
    {
        Session first = joinHiding();
        PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
        PubSubLog own(m_fixture->server, {"presence:events:self:42"});
        evict();
        Session second{.user = kUser, .device = kPhone, .id = kOtherSession, .workspace = kAcme};
        QVERIFY(announce(second));
        QTRY_COMPARE(own.on("presence:events:self:42").count("announce"), 1);
        const QString hash = QString::fromLatin1(m_fixture->keys.userHash(kUser));
        const QStringList late{u"HSET"_s, hash, u"unconfirmed"_s, u"1"_s};
        m_fixture->cli({u"DEL"_s, hash + u":asked"_s});
        m_fixture->cli(late);
        QVERIFY(announce(second));
        QTRY_COMPARE(own.on("presence:events:self:42").count("announce"), 2);
        // A connection can say it at once, and twice more where Redis refuses that.
        const auto read = [&](const QString &field) {
            return std::chrono::milliseconds(m_fixture->cli({u"HGET"_s, hash, field}).toLongLong());
        };
        QVERIFY(read(u"unconfirmed"_s) - read(u"asked"_s) > kFirstRetry + 2 * kFirstRetry);
        // Nor then.
        m_fixture->cli(late + QStringList{u"asked"_s, u"1"_s});
        QVERIFY(announce(second));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QVERIFY(announce(first));
        wasNeverSeen(log);
    }

    void whatAConnectionHeardSinceALossIsHalfOfIt_data()
    {
        QTest::addColumn<QByteArrayList>("order");
        QTest::newRow("first") << QByteArrayList{"heard", "knows"};
        QTest::newRow("last") << QByteArrayList{"knows", "heard"};
        QTest::newRow("last words") << QByteArrayList{"ends", "knows"};
        QTest::newRow("alone") << QByteArrayList{"heard"};
        QTest::newRow("after a message") << QByteArrayList{"says", "heard"};
    }
    // It has heard that the user hides, and nothing of what it was.
    void whatAConnectionHeardSinceALossIsHalfOfIt()
    {
        QFETCH(QByteArrayList, order);
        Session knows = join(kSession, kWeb, {});
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy, .customMessage = "old"_ba}));
        hold(knows);
        Session heard = join(kOtherSession, kPhone, {});
        hearThatItHides(heard);
        PubSubLog log(m_fixture->server, {"presence:status"});
        std::optional<PubSubLog> own;
        if (order.contains("knows"))
            own.emplace(m_fixture->server, QByteArrayList{"presence:events:self:42"});
        evict();
        for (const QByteArray &which : std::as_const(order)) {
            if (which == "says")
                QVERIFY(m_fixture->setStatus(kUser, {.customMessage = "new"_ba}));
            else if (which != "ends")
                QVERIFY(announce(which == "knows" ? knows : heard));
            else
                QVERIFY(m_fixture->wait<void>([&](auto done) {
                    m_fixture->tracker.disconnect(heard, QSet<ChannelId>(), 1min, std::move(done));
                }));
        }
        // Its connections are told, for them to hold it.
        const auto isTold = [&own] {
            return std::ranges::any_of(own->messages, [](const auto &said) {
                return said.second.contains("\ninvisible\n");
            });
        };
        if (own)
            QTRY_VERIFY(isTold());
        const auto self = m_fixture->get(kUser, Viewer::SelfOrAdmin);
        QCOMPARE(self.status, Status::Invisible);
        QCOMPARE(self.emoji, u"*");
        QCOMPARE(self.customMessage,
                 order.contains("knows")      ? u"old"_s
                     : order.contains("says") ? u"new"_s
                                              : QString());
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_VERIFY_WITH_TIMEOUT(!log.messages.isEmpty(), 10'000);
        QVERIFY(log.messages.back().second.contains(R"("expires_at":null,"kinds":[])"));
        QVERIFY(log.messages.back().second.contains("\"offline\""));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    }

    // It alone has heard so, and Redis has lost the devices, too.
    void whoHidesAndGoesAfterALossIsSeenToGo()
    {
        Session session = join(kSession, kWeb, {});
        hearThatItHides(session);
        PubSubLog log(m_fixture->server, {"presence:status"});
        evict();
        m_fixture->cli({u"DEL"_s, QString::fromLatin1(m_fixture->keys.user(kUser).devices)});
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect(session, QSet<ChannelId>(), 0ms, std::move(done));
        }));
        QTRY_COMPARE(log.messages.size(), 1);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
        QVERIFY(!log.messages.back().second.contains("\"last_seen\":null"));
    }

    // It hid long ago, and says so once more before the one that knows.
    void whoHidesAgainAfterALossWasSeenWhenItWas()
    {
        Session first = joinHiding();
        const auto seen = m_fixture->get(kUser).lastSeen;
        QVERIFY(seen);
        PubSubLog own(m_fixture->server, {"presence:events:self:42"});
        evict();
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Offline}));
        QVERIFY(announce(first));
        QCOMPARE(m_fixture->get(kUser).lastSeen, seen);
    }

    void whoIsToBeSeenToGoIsHeldAsThatUntilItWas()
    {
        makeFixture({.presenceTtl = 60s, .offlineGrace = 1s});
        Session first = joinHiding();
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 1); // nobody has looked at it since
        hold(first);
        PubSubLog log(m_fixture->server, {"presence:status"});
        evict();
        QVERIFY(announce(first));
        QTRY_COMPARE(log.messages.size(), 1);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
    }

    // Nobody is there who knows more.
    void whoHidesIsSeenToGoWhenAllItsConnectionsHeardOfIt()
    {
        std::vector<Session> sessions{join(kSession, kWeb, {}), join(kOtherSession, kPhone, {})};
        for (Session &session : sessions) {
            hearThatItHides(session);
            session.isOnlyListener = true;
        }
        PubSubLog log(m_fixture->server, {"presence:status"});
        const QByteArrayList own{"presence:events:self:42"};
        PubSubLog one(m_fixture->server, own);
        PubSubLog other(m_fixture->server, own);
        evict();
        for (const Session &session : sessions)
            QVERIFY(announce(session));
        QTRY_COMPARE(log.messages.size(), 1);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
    }

    // Two that know nothing, one after the other, do not speak for the one that knows.
    void anInvisibleUserWhoseOtherDeviceReturnsStaysSo()
    {
        join(kSession, kWeb, {});
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
        const PubSubLog ofFirst(m_fixture->server, {"presence:events:self:42"});
        const PubSubLog ofOther(m_fixture->server, {"presence:events:self:42"});
        evict();
        Session other{.user = kUser, .device = kPhone, .id = kOtherSession, .workspace = kAcme};
        other.isOnlyListener = true;
        QVERIFY(announce(other));
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect(other, QSet<ChannelId>(), 0ms, std::move(done));
        }));
        other.id = SessionId("s3");
        QVERIFY(announce(other));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QVERIFY2(log.messages.isEmpty(), log.messages.value(0).second.constData());
    }

    // A message alone says nothing of whether it may be seen.
    void anInvisibleUserWhoChangesItsMessageMeanwhileStaysSo()
    {
        Session first = join(kSession, kWeb, {});
        QVERIFY(m_fixture->setStatus(kUser,
                                     {.status = Status::Invisible,
                                      .customMessage = "old",
                                      .emoji = "*",
                                      .clearAfter = 3600s}));
        hold(first);
        PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
        PubSubLog own(m_fixture->server, {"presence:events:self:42"});
        evict();
        QVERIFY(m_fixture->setStatus(kUser, {.customMessage = "new"}));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QVERIFY(announce(first));
        const auto self = m_fixture->get(kUser, Viewer::SelfOrAdmin);
        QCOMPARE(self.status, Status::Invisible);
        QCOMPARE(self.customMessage, u"new");
        QCOMPARE(self.emoji, u"*");
        QVERIFY(m_fixture->cli({u"HGET"_s, u"presence:user:42"_s, u"expires_at"_s}).toLongLong()
                > m_fixture->now() + 3000);
        QVERIFY2(log.messages.isEmpty(), log.messages.value(0).second.constData());
    }

    void whatASetStatusLeftOutComesFromTheConnections()
    {
        Session first = join(kSession, kWeb, {});
        QVERIFY(m_fixture->setStatus(
            kUser, {.status = Status::Busy, .customMessage = "lunch"_ba, .emoji = "x"_ba}));
        hold(first);
        evict();
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Away, .emoji = "y"_ba}));
        QVERIFY(announce(first));
        const ReadPresence read = m_fixture->get(kUser);
        QCOMPARE(read.status, Status::Away);
        QCOMPARE(read.customMessage, u"lunch"_s);
        QCOMPARE(read.emoji, u"y"_s);
    }

    // Nobody else is there to end it.
    void aDeviceThatIsSignedOffMeanwhileIsSeenToGo()
    {
        QVERIFY(
            announce({.user = kUser, .device = kWeb, .id = restSession(kWeb), .workspace = kAcme}));
        PubSubLog log(m_fixture->server, {"presence:status"});
        evict();
        QVERIFY(m_fixture->wait<void>(
            [&](auto done) { m_fixture->tracker.signOff(kUser, kWeb, std::move(done)); }));
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_VERIFY_WITH_TIMEOUT(!log.messages.isEmpty(), 10'000);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
    }

    // Idle, as its connection knows.
    void whoIsAwayStaysAway()
    {
        Session session = join(kSession, kWeb, {});
        session.isIdle = true;
        QVERIFY(announce(session));
        session.lastIdle = std::exchange(session.isIdle, std::nullopt);
        QCOMPARE(m_fixture->get(kUser).status, Status::Away);
        hold(session);
        PubSubLog log(m_fixture->server, {"presence:updates"});
        evict();
        QVERIFY(announce(session));
        QCOMPARE(m_fixture->get(kUser).status, Status::Away);
        QVERIFY2(log.messages.isEmpty(), log.messages.value(0).second.constData());
    }

    // A device's second connection, that did not say, is idle as the device was: it knows that it
    // is.
    void aSecondConnectionOfAnIdleDeviceStaysAway()
    {
        Session first = join(kSession, kWeb, {});
        first.isIdle = true;
        QVERIFY(announce(first));
        first.lastIdle = std::exchange(first.isIdle, std::nullopt);
        Session second{.user = kUser, .device = kWeb, .id = kOtherSession, .workspace = kAcme};
        const auto joined = announce(second);
        QVERIFY(joined && joined->announced.isIdle);
        second.lastIdle = joined->announced.isIdle;
        second.startedAt = joined->announced.startedAt;
        QCOMPARE(m_fixture->get(kUser).status, Status::Away);
        hold(first);
        hold(second);
        evict();
        QVERIFY(announce(second));
        QVERIFY(announce(first));
        QCOMPARE(m_fixture->get(kUser).status, Status::Away);
    }

    // Nobody knows what it was: after a while it is taken for what it says.
    void aUserThatNobodyRemembersIsShownInTheEnd()
    {
        makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 5s, .offlineGrace = 0s});
        const Session rest{
            .user = kUser, .device = kWeb, .id = restSession(kWeb), .workspace = kAcme};
        QVERIFY(announce(rest));
        QCOMPARE(m_fixture->get(kUser).status, Status::Online);
        evict();
        QVERIFY(announce(rest));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Online, 5000);
        QCOMPARE(m_fixture->online(kAcme).total, 1);
    }

    void aNewUserIsShownAtOnce()
    {
        QVERIFY(announce({.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme}));
        QCOMPARE(m_fixture->get(kUser).status, Status::Online);
        QCOMPARE(m_fixture->online(kAcme).total, 1);
    }

    void whoHidesAfterwardsLeavesItsChannels()
    {
        Session session = join(kSession, kWeb, {kGeneral});
        evict();
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        QVERIFY(announce(session));
        QVERIFY(!isViewing());
        QCOMPARE(m_fixture->online(kAcme).total, 0);
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    }

    // Others read of it what they could before it has left its channels, and are told so once it
    // has.
    void whoHidesAfterwardsIsNotReadAsOnline()
    {
        Session session = join(kSession, kWeb, {kGeneral});
        PubSubLog log(m_fixture->server, {"presence:status"});
        evict();
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        const auto left = QString::fromLatin1(m_fixture->keys.channel(kGeneral).left);
        m_fixture->cli({u"SET"_s, left, u"no zset"_s});
        for (int i = 0; i < 2; ++i) {
            QVERIFY(announce(session));
            QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
            const auto bulk = m_fixture->wait<std::vector<UserPresence>>([&](auto done) {
                m_fixture->tracker.getBulkPresence(
                    {kUser}, [](const auto &) { return Viewer::Other; }, std::move(done));
            });
            QVERIFY(bulk && bulk->front().view.startsWith(R"("status":"offline",)"));
        }
        QVERIFY(isViewing());
        QVERIFY2(log.messages.isEmpty(), log.messages.value(0).second.constData());
        m_fixture->cli({u"DEL"_s, left});
        QVERIFY(announce(session));
        QVERIFY(!isViewing());
        QTRY_COMPARE(log.messages.size(), 1);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
        QVERIFY(log.messages.back().second.contains(R"("expires_at":null,"kinds":[])"));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QCOMPARE(m_fixture->online(kAcme).total, 0);
        // Once.
        QVERIFY(announce(session));
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QCOMPARE(log.messages.size(), 1);
    }

    // Also where that looks as it was before Redis lost it, for all that is known.
    void whoComesOutOfHidingBeforeItHasLeftIsSeen()
    {
        Session session = join(kSession, DeviceId("device"), {kGeneral});
        evict();
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        const auto left = QString::fromLatin1(m_fixture->keys.channel(kGeneral).left);
        m_fixture->cli({u"SET"_s, left, u"no zset"_s});
        QVERIFY(announce(session));
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        const auto bulk = m_fixture->wait<std::vector<UserPresence>>([&](auto done) {
            m_fixture->tracker.getBulkPresence(
                {kUser}, [](const auto &) { return Viewer::Other; }, std::move(done));
        });
        QVERIFY(bulk && bulk->front().view.startsWith(R"("status":"online",)"));
        QVERIFY(m_fixture->cli({u"HEXISTS"_s, u"presence:user:42"_s, u"seen"_s}) == "1");
    }

    // Two connections remember different times: the later one is right.
    void theLatestThatIsRememberedCounts()
    {
        Session first = join(kSession, kWeb, {});
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
        hold(first);
        Session second = join(kOtherSession, kPhone, {});
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        hold(second);
        for (const auto &order : {std::pair(first, second), std::pair(second, first)}) {
            evict();
            QVERIFY(announce(order.first));
            QVERIFY(announce(order.second));
            QCOMPARE(m_fixture->get(kUser).status, Status::Online);
        }
    }

    // The index does not know the user any more, nor does anybody else: a failover lost what ended
    // it.
    void aUserThatTheIndexForgotIsSeenToGo()
    {
        join(kSession, kWeb, {kGeneral});
        QTRY_VERIFY(m_fixture->cli({u"ZSCORE"_s, u"presence:index:users"_s, u"42"_s}) != "");
        m_fixture->cli({u"DEL"_s, u"presence:index:users"_s});
        PubSubLog log(m_fixture->server, {"presence:status"});
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_VERIFY_WITH_TIMEOUT(!log.messages.isEmpty(), 20'000);
        QVERIFY(log.messages.back().second.contains("\"offline\""));
        QVERIFY(!isViewing());
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    }

    void aChannelThatTheIndexForgotIsSwept()
    {
        makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 60s, .typingTtl = 1s});
        Session session = join(kSession, kWeb, {});
        TypingTracker typing(m_fixture->store);
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            typing.startTyping(kUser, kSession, session.clientHeldAt, kGeneral, std::move(done));
        }));
        QTRY_VERIFY(m_fixture->cli({u"ZSCORE"_s, u"presence:index:channels"_s, u"7"_s}) != "");
        m_fixture->cli({u"DEL"_s, u"presence:index:channels"_s});
        PubSubLog log(m_fixture->server, {"presence:events:channel:7"});
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_VERIFY_WITH_TIMEOUT(!log.messages.isEmpty(), 20'000);
        QVERIFY(log.messages.back().second.endsWith("stop"));
    }

    // One that was set to a time far ahead, by a clock that was set back since, is over as well.
    void aDeadlineFurtherAwayThanItsLengthIsNotBelieved()
    {
        join(kSession, kWeb, {});
        const QByteArray ahead = QByteArray::number((m_fixture->now() + 3600) * 1000) + " 1 a "
            + kWeb.bytes() + " acme";
        m_fixture->cli(
            {u"HSET"_s, u"presence:user:42"_s, u"session:s1"_s, QString::fromLatin1(ahead)});
        m_fixture->cli({u"ZADD"_s, u"presence:user:42:devices"_s,
                        QString::number(m_fixture->now() + 3600), kWeb.toString()});
        Sweeper sweeper(m_fixture->store, "node-1");
        sweeper.start();
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->get(kUser).status, Status::Offline, 10'000);
    }

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }

    void evict() { m_fixture->cli({u"DEL"_s, u"presence:user:42"_s}); }

    bool isViewing()
    {
        return m_fixture->cli({u"ZSCORE"_s, u"presence:channel:7"_s, u"42"_s}) != "";
    }

    Result<UserTransition> announce(const Session &session)
    {
        return m_fixture->wait<UserTransition>(
            [&](auto done) { m_fixture->tracker.announce(session, std::move(done)); });
    }

    /// The session knows the user's status from now on.
    void hold(Session &session)
    {
        const auto presence = m_fixture->wait<UserPresence>([&](auto done) {
            m_fixture->tracker.getPresence(kUser, Viewer::SelfOrAdmin, std::move(done));
        });
        session.clientHeld = presence.value_or(UserPresence{}).clientHeld;
        session.clientHeldAt = presence.value_or(UserPresence{}).revision;
    }

    /// A session of kUser, which hides, that knows it.
    Session joinHiding()
    {
        Session session = join(kSession, kWeb, {});
        if (!m_fixture->setStatus(kUser, {.status = Status::Invisible}))
            qWarning("cannot hide");
        hold(session);
        return session;
    }

    /// By others, though it is there: they are shown that it is offline, and `log` has no event.
    void wasNeverSeen(const PubSubLog &log)
    {
        QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
        QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).status, Status::Invisible);
        QVERIFY2(log.messages.isEmpty(), log.messages.value(0).second.constData());
    }

    /// It knows nothing else of the user from now on.
    static void hearThatItHides(Session &session)
    {
        const QByteArray revision = QByteArray::number(session.clientHeldAt + 1);
        session.clientHeld = "?[\"invisible\",null,\"*\",\"0\",\"" + revision + "\"]";
        session.clientHeldAt = 0;
    }

    /// A session that knows the user, and looks at `channels`.
    Session join(const SessionId &id, const DeviceId &device, const QSet<ChannelId> &channels)
    {
        Session session{.user = kUser,
                        .device = device,
                        .id = id,
                        .workspace = kAcme,
                        .isIdle = false,
                        .channels = channels};
        const auto step = announce(session);
        hold(session);
        ChannelPresence presence(m_fixture->store);
        for (const ChannelId &channel : channels) {
            const View view{kUser, id, step ? step->revision : 0};
            if (!m_fixture->wait<void>(
                    [&](auto done) { presence.joinChannel(view, channel, std::move(done)); }))
                qWarning("cannot join");
        }
        return session;
    }
    using View = ChannelPresence::View;

    std::unique_ptr<TrackerFixture> m_fixture;
};

PRESENCE_TEST(TestEvictions)
#include "tst_evictions.moc"
