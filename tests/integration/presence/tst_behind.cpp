// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/noderegistry.h"
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
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, SessionId(nodeTag(kNode) + "-1")));
        QVERIFY(m_fixture->heartbeat(kOtherUser, kWeb, kAcme, SessionId(nodeTag("node-b") + "-1")));
        bool isBehind = true;
        NodeRegistry registry(
            m_fixture->store, kNode, [] { return NodeReport(); }, [&] { return isBehind; });
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
        QVERIFY(!scheduler.isBehind());
        m_fixture->server.freeze();
        QTRY_VERIFY(scheduler.isBehind());
        m_fixture->server.thaw();
        QTRY_VERIFY(!scheduler.isBehind());
    }

    void aSchedulerWithoutDevicesIsNotBehind()
    {
        ChannelPresence channels(m_fixture->store);
        const HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
        m_fixture->server.freeze();
        QDeadlineTimer longer(600ms);
        QTRY_VERIFY(longer.hasExpired());
        QVERIFY(!scheduler.isBehind());
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
        QVERIFY(m_fixture->wait<void>(
            [&](auto done) { channels.leaveChannel(kUser, kSession, kGeneral, std::move(done)); }));
        QCOMPARE(refresh().value().size(), 1U);
        const auto viewers = m_fixture->wait<std::vector<UserId>>(
            [&](auto done) { channels.getChannelViewers(kGeneral, std::move(done)); });
        QCOMPARE(viewers.value().size(), 0U);
    }

private:
    Status statusOf(const UserId &user) { return m_fixture->get(user).status; }

    std::optional<TrackerFixture> m_fixture;
    qint64 m_revision = 0;
};

QTEST_GUILESS_MAIN(TestBehind)
#include "tst_behind.moc"
