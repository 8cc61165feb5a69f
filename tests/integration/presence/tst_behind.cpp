// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/noderegistry.h"
#include "tests/support/testregistry.h"
#include "trackerfixture.h"

#include <QSignalSpy>

#include <optional>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;

static const QByteArray kNode = "node-a";
static const UserId kOtherUser("43");

/// Sessions that their node could not refresh for longer than PRESENCE_TTL.
class TestBehind : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_fixture.emplace(
            PresenceConfig{.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 0s});
    }

    void whatANodeCannotRefreshIsNotMissed()
    {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme,
                                     SessionId(redis::KeySpace::nodeTag(kNode) + "-1")));
        QVERIFY(m_fixture->heartbeat(kOtherUser, kWeb, kAcme,
                                     SessionId(redis::KeySpace::nodeTag("node-b") + "-1")));
        bool isBehind = true;
        NodeRegistry registry(
            m_fixture->store, kNode, [] { return NodeReport(); },
            [&] { return NodeRegistry::Lateness{.isBehind = isBehind}; });
        registry.start();
        Sweeper sweeper(m_fixture->store, "node-c");
        sweeper.start();
        // The other one is over, and long after it this one is not.
        QTRY_COMPARE_WITH_TIMEOUT(statusOf(kOtherUser), Status::Offline, 10'000);
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 3);
        QCOMPARE(statusOf(kUser), Status::Online);
        QCOMPARE(m_fixture->online(kAcme).total, 1);
        isBehind = false;
        QTRY_COMPARE_WITH_TIMEOUT(statusOf(kUser), Status::Offline, 15'000);
        QCOMPARE(m_fixture->online(kAcme).total, 0);
    }

    void aDeviceWithoutAWebSocketDoesNotExpireWhileANodeRefusesItsHeartbeats()
    {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, restSession(kWeb)));
        NodeRegistry registry(
            m_fixture->store, kNode, [] { return NodeReport(); },
            [] { return NodeRegistry::Lateness{.isRefusing = true}; });
        registry.start();
        Sweeper sweeper(m_fixture->store, "node-c");
        sweeper.start();
        const qint64 since = m_fixture->now();
        QTRY_VERIFY_WITH_TIMEOUT(m_fixture->now() > since + 5, 10'000);
        QCOMPARE(statusOf(kUser), Status::Online);
    }

    // Other devices go on as ever.
    void aDeviceWithoutAWebSocketExpiresWhileANodeIsBehind()
    {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, restSession(kWeb)));
        reportBehind();
        Sweeper sweeper(m_fixture->store, "node-c");
        sweeper.start();
        QTRY_COMPARE_WITH_TIMEOUT(statusOf(kUser), Status::Offline, 10'000);
    }

    void aSilentSessionThatClosesHasItsGrace()
    {
        m_fixture.emplace(
            PresenceConfig{.heartbeatInterval = 250ms, .presenceTtl = 1s, .offlineGrace = 3s});
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2);
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.disconnect({.user = kUser, .id = kSession}, QSet<ChannelId>(), 0ms,
                                          std::move(done));
        }));
        QCOMPARE(statusOf(kUser), Status::Online);
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, SessionId("s2")));
        QCOMPARE(statusOf(kUser), Status::Online);
    }

    // Two tabs of one device, the newer one at a node that is behind.
    void aLiveSessionCountsBesideASilentOneOfItsDevice()
    {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, SessionId("s2")));
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2);
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        QCOMPARE(statusOf(kUser), Status::Offline);
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        QCOMPARE(statusOf(kUser), Status::Online);
    }

    void whoComesOutOfHidingSilentlyIsBackWithItsNextHeartbeat()
    {
        ChannelPresence channels(m_fixture->store);
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, std::nullopt));
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Invisible}));
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2);
        QCOMPARE(m_fixture->get(kUser, Viewer::SelfOrAdmin).status, Status::Invisible);
        QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Online}));
        QCOMPARE(statusOf(kUser), Status::Offline);
        HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession});
        scheduler.track(device);
        QTRY_COMPARE(statusOf(kUser), Status::Online);
    }

    // More than a batch of them are due, and stay so.
    void viewersOfANodeThatIsBehindDoNotKeepTheSweeperFromOthers()
    {
        const QByteArray session = redis::KeySpace::nodeTag(kNode) + "-1";
        for (const UserId &user : {kUser, kOtherUser}) {
            const bool isBehind = user == kUser;
            for (int i = 0; i < (isBehind ? 600 : 1); ++i) {
                const QByteArray channel = (isBehind ? "behind" : "gone") + QByteArray::number(i);
                const auto keys = m_fixture->keys.channel(ChannelId(channel));
                const QByteArray known = isBehind ? session : "0badc0de-1"_ba;
                for (const redis::Command &command :
                     {redis::Command{"ZADD", keys.viewers, "1000", user.bytes()},
                      redis::Command{"HSET", keys.roster, user.bytes(), "{}"},
                      redis::Command{"HSET", keys.viewSessions, user.bytes(), known + "=1000,0"},
                      redis::Command{"ZADD", redis::KeySpace::kDueChannels, isBehind ? "1" : "2",
                                     channel}})
                    m_fixture->redis.command(keys.viewers, command, [](const auto &) {});
            }
        }
        reportBehind();
        const auto viewers = [this](const ChannelId &channel) {
            ChannelPresence channels(m_fixture->store);
            return m_fixture
                ->wait<UserPage>([&](auto done) {
                    channels.getChannelViewers(channel, {.limit = 1000}, std::move(done));
                })
                .value_or(UserPage())
                .users.size();
        };
        QTRY_COMPARE(viewers(ChannelId("gone0")), 1U);
        Sweeper sweeper(m_fixture->store, "node-c");
        sweeper.start();
        QTRY_COMPARE_WITH_TIMEOUT(viewers(ChannelId("gone0")), 0U, 10'000);
        QCOMPARE(viewers(ChannelId("behind0")), 1U);
        const quint64 before = m_fixture->redis.counters().commands;
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2);
        // A batch is some 1500 commands, and each channel is looked at once in five seconds.
        const quint64 commands = m_fixture->redis.counters().commands - before;
        QVERIFY2(commands < 6000, qPrintable(QString::number(commands)));
        QCOMPARE(viewers(ChannelId("behind0")), 1U);
    }

    void whatAServerRefusesIsNotMissed_data()
    {
        QTest::addColumn<size_t>("index");
        QTest::addColumn<QStringList>("refuse");
        QTest::addColumn<QStringList>("accept");
        // Each of the servers in one of the ways.
        const auto row = [this](size_t index, const char *how, const QStringList &refuse,
                                const QStringList &accept) {
            if (index < m_fixture->server.masters())
                QTest::addRow("master %d: %s", int(index), how) << index << refuse << accept;
        };
        row(0, "no permission", {u"ACL"_s, u"SETUSER"_s, u"default"_s, u"-zadd"_s, u"-hset"_s},
            {u"ACL"_s, u"SETUSER"_s, u"default"_s, u"+zadd"_s, u"+hset"_s});
        row(1, "too few replicas", {u"CONFIG"_s, u"SET"_s, u"min-replicas-to-write"_s, u"9"_s},
            {u"CONFIG"_s, u"SET"_s, u"min-replicas-to-write"_s, u"0"_s});
        row(2, "full", {u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s},
            {u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
    }
    // For longer than PRESENCE_TTL, and whichever of the keys it has.
    void whatAServerRefusesIsNotMissed()
    {
        QFETCH(size_t, index);
        QFETCH(QStringList, refuse);
        QFETCH(QStringList, accept);
        if (m_fixture->server.kind() == RedisDeployment::Kind::Sentinel)
            QSKIP("a server that refuses is no master for long");
        ChannelPresence channels(m_fixture->store);
        HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        std::vector<std::unique_ptr<TrackedDevice>> devices;
        // On each of the servers.
        for (int i = 0; i < 12; ++i) {
            const UserId user("user-" + QByteArray::number(i));
            const SessionId session(redis::KeySpace::nodeTag(kNode) + '-' + QByteArray::number(i));
            QVERIFY(m_fixture->heartbeat(user, kWeb, kAcme, session));
            devices.push_back(std::make_unique<TrackedDevice>(
                Session{.user = user, .device = kWeb, .id = session, .workspace = kAcme}));
            scheduler.track(*devices.back());
        }
        NodeRegistry registry(
            m_fixture->store, kNode, [] { return NodeReport(); },
            [&] { return NodeRegistry::Lateness{.isBehind = scheduler.isBehind()}; });
        registry.start();
        Sweeper sweeper(m_fixture->store, "node-c");
        sweeper.start();
        const PubSubLog log(m_fixture->server, {"presence:status"});
        RedisServer &server = m_fixture->server.server(index);
        QVERIFY(server.cli(refuse).startsWith("OK"));
        const auto after = [this](qint64 seconds) {
            const qint64 since = m_fixture->now();
            return QTest::qWaitFor([&] { return m_fixture->now() > since + seconds; }, 20'000);
        };
        QVERIFY(after(2));
        QVERIFY(server.cli(accept).startsWith("OK"));
        QTRY_VERIFY(!scheduler.isBehind());
        QVERIFY(after(2));
        for (const auto &[channel, message] : log.messages)
            QVERIFY2(!message.contains("offline"), message.constData());
        QCOMPARE(m_fixture->online(kAcme).total, 12);
    }

    void aDeviceThatEndsDoesNotEndSilentOnes()
    {
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2);
        QVERIFY(m_fixture->heartbeat(kUser, kPhone, kAcme, SessionId("s2")));
        QVERIFY(m_fixture->disconnect(kUser, SessionId("s2")));
        QCOMPARE(statusOf(kUser), Status::Online);
        QVERIFY(m_fixture->disconnect(kUser));
        QTRY_COMPARE(statusOf(kUser), Status::Offline);
    }

    void theSchedulerIsBehindWhileRedisDoesNotAnswer()
    {
        ChannelPresence channels(m_fixture->store);
        HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
        TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme});
        scheduler.track(device);
        QSignalSpy refreshed(&scheduler, &HeartbeatScheduler::refreshed);
        QVERIFY(refreshed.wait());
        QTRY_VERIFY(!scheduler.isBehind());
        m_fixture->server.freeze();
        QTRY_VERIFY(scheduler.isBehind());
        m_fixture->server.thaw();
        QTRY_VERIFY(!scheduler.isBehind());
    }

    // Another service has written there, for example. The node would be behind for ever.
    void aUserWhoCannotBeRefreshedAtAllDoesNotMakeItBehind()
    {
        ChannelPresence channels(m_fixture->store);
        HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        m_fixture->cli({u"SET"_s, u"presence:user:42"_s, u"no hash"_s});
        TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme});
        scheduler.track(device);
        QSignalSpy refreshed(&scheduler, &HeartbeatScheduler::refreshed);
        for (int i = 0; i < 4; ++i) {
            QVERIFY(refreshed.wait());
            QCOMPARE(refreshed.last()[1].toBool(), false);
        }
        QTRY_VERIFY(!scheduler.isBehind());
    }

    void aHeartbeatThatIsRefusedIsNoted()
    {
        ChannelPresence channels(m_fixture->store);
        HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        scheduler.noteOther(fail(ErrorCode::Internal, QString()));
        QVERIFY(!scheduler.isRefusing());
        scheduler.noteOther(fail(ErrorCode::Unavailable, QString()));
        QVERIFY(scheduler.isRefusing());
        QTRY_VERIFY(!scheduler.isRefusing());
    }

    void aSchedulerWithoutDevicesIsNotBehind()
    {
        ChannelPresence channels(m_fixture->store);
        const HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        m_fixture->server.freeze();
        QDeadlineTimer longer(600ms);
        QTRY_VERIFY(longer.hasExpired());
        QTRY_VERIFY(!scheduler.isBehind());
        m_fixture->server.thaw();
    }

    // It goes over another connection than what clients do.
    void aRefreshThatComesLateDoesNotBringBackAViewer()
    {
        ChannelPresence channels(m_fixture->store);
        QVERIFY(m_fixture->enterGeneral(kSession));
        const auto refresh = [&] {
            return m_fixture->wait<ChannelPresence::Missing>([&](auto done) {
                channels.refresh(kGeneral, {{kUser, kSession, m_revision}}, std::move(done));
            });
        };
        m_revision = m_fixture->get(kUser).revision;
        QCOMPARE(refresh().value().size(), 0U);
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            channels.leaveChannel(kUser, kSession, kGeneral, {.isViewing = true}, std::move(done));
        }));
        QCOMPARE(refresh().value().size(), 1U);
        const auto viewers = m_fixture->wait<UserPage>([&](auto done) {
            channels.getChannelViewers(kGeneral, {.limit = 1000}, std::move(done));
        });
        QCOMPARE(viewers.value().users.size(), 0U);
    }

private:
    /// As kNode does, for a minute.
    void reportBehind()
    {
        m_fixture->cli({u"ZADD"_s, u"presence:nodes:behind"_s,
                        QString::number(m_fixture->now() + 60),
                        QString::fromLatin1(redis::KeySpace::nodeTag(kNode))});
    }

    Status statusOf(const UserId &user) { return m_fixture->get(user).status; }

    std::optional<TrackerFixture> m_fixture;
    qint64 m_revision = 0;
};

PRESENCE_TEST(TestBehind)
#include "tst_behind.moc"
