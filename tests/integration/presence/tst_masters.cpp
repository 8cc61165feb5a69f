// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/changestream.h"
#include "server/presence/noderegistry.h"
#include "tests/support/testregistry.h"
#include "trackerfixture.h"

#include <optional>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;

static const QByteArray kLiveNode = "node-a";
static constexpr int kOfEach = 12;
static constexpr int kExpiryPatience = 20'000; // ms
static constexpr size_t kOfConsumers = 0; // the master of KeySpace::kStreamConsumers

/// A cluster of which one master is away, and nobody takes over: what lies on the others goes on,
/// and what lies there is as it was when it is back.
class TestMasters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_redis.start()); }
    void init()
    {
        m_redis.cli({u"FLUSHALL"_s});
        m_client.emplace(m_redis.deployment(), 1);
        m_store.emplace(Store{*m_client, m_keys, m_scripts,
                              PresenceConfig{.heartbeatInterval = 500ms,
                                             .presenceTtl = 1s,
                                             .offlineGrace = 0s,
                                             .sweepInterval = 250ms}});
        m_tracker.emplace(*m_store);
        QTRY_VERIFY(m_client->isReady());
    }
    void cleanup()
    {
        m_tracker.reset();
        m_client.reset();
    }

    // What the epoch's master held last is not known for as long as it is away; the rest is.
    void readsOfOthersCount()
    {
        constexpr size_t kOfEpoch = 2;
        m_client.emplace(m_redis.deployment(), 1);
        DataLossDetector losses(*m_client, 1s);
        m_store->losses = &losses;
        QTRY_VERIFY(m_client->isReady());
        QTRY_VERIFY(
            !m_redis.cli({u"GET"_s, QString::fromLatin1(redis::KeySpace::kEpoch)}).isEmpty());
        for (int i = 0; i < kOfEach; ++i)
            QVERIFY(announce(liveUser(i), SessionId(QByteArray::number(i))));
        QVERIFY(m_redis.server(kOfEpoch).kill());
        QTRY_VERIFY(!m_client->isReadyFor(redis::KeySpace::kEpoch));
        for (int i = 0; i < kOfEach; ++i) {
            if (isThere(liveUser(i)))
                QCOMPARE(statusOf(liveUser(i)), Status::Online);
        }
        QVERIFY(m_redis.start());
        for (int i = 0; i < kOfEach; ++i)
            QTRY_COMPARE_WITH_TIMEOUT(statusOf(liveUser(i)), Status::Online, kExpiryPatience);
        QTRY_VERIFY(losses.isComplete());
        m_store->losses = nullptr;
    }

    // Else what one refuses at once would have the others asked more and more.
    void aBulkIsRefusedWhenAllOfItIsAnswered()
    {
        std::vector<UserId> users;
        for (int i = 0; i < kOfEach; ++i) {
            users.push_back(liveUser(i));
            QVERIFY(announce(users.back(), SessionId(QByteArray::number(i))));
        }
        QVERIFY(m_redis.server(0).kill());
        QTRY_VERIFY(!m_client->isReady());
        quint64 pending = 1;
        const auto isRefused = [&] {
            return !wait<std::vector<UserPresence>>([&](auto done) {
                m_tracker->getBulkPresence(
                    users, [](const auto &) { return Viewer::Other; },
                    [&, done = std::move(done)](auto rows) {
                        pending = m_client->counters().pending;
                        done(std::move(rows));
                    });
            });
        };
        QVERIFY(isRefused()); // for a while they wait for it
        QVERIFY(isRefused());
        QCOMPARE(pending, 0U);
        QVERIFY(m_redis.server(0).start());
        QTRY_VERIFY_WITH_TIMEOUT(!isRefused(), kExpiryPatience);
    }

    // Else nothing that happens at the others would be archived.
    void consumersAreBelievedWhileTheMasterThatKnowsIsAway()
    {
        StreamConsumers consumers(*m_client, m_scripts, 500ms);
        consumers.registerGroup("archive", 1h);
        bool isAsked = false;
        consumers.start([&isAsked] { isAsked = true; });
        QTRY_VERIFY(isAsked);
        QVERIFY(m_redis.server(kOfConsumers).kill());
        QTRY_VERIFY(!m_client->isReadyFor(redis::KeySpace::kStreamConsumers));
        // It asks once a second.
        QVERIFY(!QTest::qWaitFor([&] { return !consumers.isConsumed(); }, 4000));
        QVERIFY(m_redis.server(kOfConsumers).start());
        QTRY_VERIFY_WITH_TIMEOUT(m_client->isReady(), kExpiryPatience);
    }

    // Of its session nobody else knows any more: else it would look at the channel for VIEW_TTL.
    void whoGoesMeanwhileLeavesChannelsThoughTheMasterHasLostIt()
    {
        const UserId user = liveUser(0);
        const QByteArray route = m_keys.userHash(user);
        const auto isElsewhere = [&](const ChannelId &channel) {
            const redis::SlotMap *map = m_client->slotMap();
            return map
                && *map->masterOf(redis::slotOf(route))
                != *map->masterOf(redis::slotOf(m_keys.channel(channel).viewers));
        };
        int number = 0;
        while (!isElsewhere(ChannelId(QByteArray::number(number))))
            ++number;
        const ChannelId channel(QByteArray::number(number));
        // Over before it is said again: nobody is to see it come back.
        m_store->config.offlineGrace = 1s;
        Session session{.user = user, .device = kWeb, .id = kSession, .channels = {channel}};
        const auto known = wait<UserTransition>(
            [&](auto done) { m_tracker->announce(session, std::move(done)); });
        QVERIFY(known);
        session.startedAt = known->announced.startedAt;
        session.clientHeldAt = known->revision;
        ChannelPresence channels(*m_store);
        QVERIFY(wait<void>([&](auto done) {
            channels.joinChannel({user, kSession, known->revision}, channel, std::move(done));
        }));
        size_t index = 0;
        while (m_redis.server(index).cli({u"EXISTS"_s, QString::fromLatin1(route)}) != "1")
            ++index;
        m_redis.server(index).cli({u"FLUSHALL"_s}); // what it will have when it is back
        QVERIFY(m_redis.server(index).kill());
        QTRY_VERIFY(!m_client->isReadyFor(route));
        const qint64 before = QDateTime::currentSecsSinceEpoch();
        QVERIFY(!wait<void>([&](auto done) {
            m_tracker->disconnect(session, QSet{channel}, 0ms, std::move(done));
        }));
        QVERIFY(m_redis.start());
        const auto viewers = [&] {
            return wait<UserPage>([&](auto done) {
                       channels.getChannelViewers(channel, {.limit = 10}, std::move(done));
                   })
                .value_or(UserPage{.users = {user}})
                .users;
        };
        QTRY_COMPARE_WITH_TIMEOUT(viewers(), std::vector<UserId>(), kExpiryPatience);
        QTRY_COMPARE(changesTo(user, "offline"), 1);
        QCOMPARE(changesTo(user, "online online"), 0);
        const auto seen = m_redis.cli({u"HGET"_s, QString::fromLatin1(route), u"last_seen"_s});
        QVERIFY2(seen.toLongLong() <= before + 1, seen.constData());
    }

    // Nobody is missed there yet, which is another matter.
    void whatEndsByItselfEndsAtAMasterThatIsBack()
    {
        m_store->config.heartbeatInterval = 60s;
        m_store->config.presenceTtl = 120s;
        Sweeper sweeper(*m_store, kLiveNode);
        sweeper.start();
        for (int i = 0; i < kOfEach; ++i) {
            QVERIFY(announce(liveUser(i), SessionId(QByteArray::number(i))));
            QVERIFY(wait<UserTransition>([&](auto done) {
                m_tracker->setStatus(liveUser(i), {.status = Status::Busy, .clearAfter = 4s},
                                     std::move(done));
            }));
        }
        QVERIFY(m_redis.server(0).kill());
        QTRY_VERIFY(!m_client->isReady());
        for (int i = 0; i < kOfEach; ++i) {
            if (isThere(liveUser(i)))
                QTRY_COMPARE_WITH_TIMEOUT(statusOf(liveUser(i)), Status::Online, kExpiryPatience);
        }
        QVERIFY(m_redis.start());
        QTRY_VERIFY(m_client->isReady());
        for (int i = 0; i < kOfEach; ++i)
            QTRY_COMPARE_WITH_TIMEOUT(statusOf(liveUser(i)), Status::Online, kExpiryPatience);
    }

    // Who is due is known to the third, and who sweeps and who is there to the second.
    void whatIsOnOthersGoesOn_data()
    {
        QTest::addColumn<size_t>("index");
        for (size_t i = 0; i < m_redis.masters(); ++i)
            QTest::addRow("without master %d", int(i)) << i;
    }
    void whatIsOnOthersGoesOn()
    {
        QFETCH(size_t, index);
        ChannelPresence channels(*m_store);
        HeartbeatScheduler scheduler(*m_store, *m_tracker, channels);
        std::vector<std::unique_ptr<TrackedDevice>> devices;
        for (int i = 0; i < kOfEach; ++i) {
            const SessionId live(redis::KeySpace::nodeTag(kLiveNode) + '-' + QByteArray::number(i));
            QVERIFY(announce(liveUser(i), live));
            devices.push_back(std::make_unique<TrackedDevice>(
                Session{.user = liveUser(i), .device = kWeb, .id = live}));
            scheduler.track(*devices.back());
            QVERIFY(announce(lostUser(i), SessionId("0badc0de-" + QByteArray::number(i))));
        }
        QVERIFY(m_redis.server(index).kill());
        QTRY_VERIFY(!m_client->isReady());
        NodeRegistry registry(
            *m_store, kLiveNode, [] { return NodeReport(); },
            [&] { return NodeRegistry::Lateness{.isBehind = scheduler.isBehind()}; });
        registry.start();
        Sweeper sweeper(*m_store, kLiveNode);
        sweeper.start();
        for (int i = 0; i < kOfEach; ++i) {
            if (isThere(lostUser(i)))
                QTRY_COMPARE_WITH_TIMEOUT(statusOf(lostUser(i)), Status::Offline, kExpiryPatience);
        }
        if (m_client->isReadyFor(redis::KeySpace::kNodes))
            QTRY_VERIFY(isAnnounced());
        QVERIFY(m_redis.server(index).start());
        for (int i = 0; i < kOfEach; ++i)
            QTRY_COMPARE_WITH_TIMEOUT(statusOf(lostUser(i)), Status::Offline, kExpiryPatience);
        QTRY_VERIFY(isAnnounced());
        for (int i = 0; i < kOfEach; ++i) {
            QCOMPARE(changesTo(lostUser(i), "offline"), 1);
            QCOMPARE(changesTo(liveUser(i), "offline"), 0);
        }
    }

private:
    static UserId liveUser(int i) { return UserId("live-" + QByteArray::number(i)); }
    static UserId lostUser(int i) { return UserId("lost-" + QByteArray::number(i)); }

    template <typename T, typename Call>
    Result<T> wait(Call call)
    {
        std::optional<Result<T>> result;
        call([&result](Result<T> value) { result.emplace(std::move(value)); });
        if (!QTest::qWaitFor([&result] { return result.has_value(); }, kExpiryPatience))
            qFatal("no answer");
        return *std::move(result);
    }

    bool announce(const UserId &user, const SessionId &session)
    {
        return wait<UserTransition>([&](auto done) {
                   m_tracker->announce({.user = user, .device = kWeb, .id = session},
                                       std::move(done));
               })
            .has_value();
    }

    bool isThere(const UserId &user) const { return m_client->isReadyFor(m_keys.userHash(user)); }

    /// Nothing where nobody can say.
    std::optional<Status> statusOf(const UserId &user)
    {
        const auto presence = wait<UserPresence>(
            [&](auto done) { m_tracker->getPresence(user, Viewer::Other, std::move(done)); });
        return presence ? std::optional(ReadPresence(*presence).status) : std::nullopt;
    }

    bool isAnnounced()
    {
        const auto nodes
            = wait<std::vector<NodeRow>>([&](auto done) { readNodes(*m_store, std::move(done)); });
        return nodes && nodes->size() == 1 && nodes->front().name == kLiveNode
            && nodes->front().isAlive;
    }

    /// Of those that are remembered.
    qsizetype changesTo(const UserId &user, const QByteArray &seen) const
    {
        return m_redis
            .cli({u"LRANGE"_s, u"presence:user:%1:changes"_s.arg(user.toString()), u"0"_s, u"-1"_s})
            .count(' ' + seen + ' ');
    }

    RedisDeployment m_redis{{.appendOnly = true}, RedisDeployment::Kind::Cluster};
    redis::KeySpace m_keys = m_redis.keys();
    Scripts m_scripts;
    std::optional<redis::Client> m_client;
    std::optional<Store> m_store;
    std::optional<PresenceTracker> m_tracker;
};

PRESENCE_TEST(TestMasters)
#include "tst_masters.moc"
