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

static const SessionId kPhoneSession("s2");

class TestPresenceTracker : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 0s}); }
    void cleanup() { m_fixture.reset(); }

    void aHeartbeatWritesTheKeysOfTheSchema();
    void onlyTheFirstHeartbeatIsPublished();
    void everyHeartbeatKeepsTheUserInTheOnlineList();
    void aUserIsOfflineWithoutALiveDevice();
    void leavingHappensAfterTheGrace();
    void comingBackWithinTheGraceIsNotSeen();
    void anOlderSessionDoesNotTakeTheDeviceAway();
    void twoDevicesAreOneUser();
    void aDeviceThatChangesWorkspaceMoves();
    void theSweeperFindsDevicesThatStoppedCalling();
    void oneTurnOfTheSweeperChecksAllThatIsDue();
    void aSweeperOfTheVersionBeforeLosesItsLease();
    void aLostWorkspaceEntryIsRepaired();
    void bulkKeepsItsOrder();
    void theOnlineListHasPagesAndATrueTotal();
    void whoIsThereThroughoutIsInThePagesOnce();
    void aWorkspaceThatIsBrokenKeepsNoOtherFromBeingRefreshed();
    void whatHasExpiredIsInNoPage();
    void pagesAreThereWhenRedisRefusesToWrite();
    void whoIsReadWhileTheConnectionIsLostIsReadAgain();
    void tooManyDevicesAreRefused();
    void untilWhenTokensAreRefusedIsKnownOrNot();

private:
    void makeFixture(const PresenceConfig &config)
    {
        m_fixture.reset();
        m_fixture = std::make_unique<TrackerFixture>(config);
    }

    std::unique_ptr<TrackerFixture> m_fixture;
};

void TestPresenceTracker::aHeartbeatWritesTheKeysOfTheSchema()
{
    const qint64 before = m_fixture->now();
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    const qint64 after = m_fixture->now();
    const auto isNow = [&](const QByteArray &text) {
        return text.toLongLong() >= before && text.toLongLong() <= after;
    };
    const auto cli = [&](const QStringList &arguments) { return m_fixture->cli(arguments); };
    QCOMPARE(cli({u"TYPE"_s, u"presence:user:42"_s}), "hash"_ba);
    QVERIFY(isNow(cli({u"HGET"_s, u"presence:user:42"_s, u"last_seen"_s})));
    QCOMPARE(cli({u"TYPE"_s, u"presence:user:42:devices"_s}), "zset"_ba);
    QCOMPARE(cli({u"ZRANGE"_s, u"presence:user:42:devices"_s, u"0"_s, u"-1"_s}), kWeb.bytes());
    QVERIFY(isNow(cli({u"ZSCORE"_s, u"presence:user:42:devices"_s, kWeb.toString()})));
    const int ttl = cli({u"TTL"_s, u"presence:user:42:devices"_s}).toInt();
    QVERIFY(ttl > 50 && ttl <= 60);
    QCOMPARE(cli({u"TYPE"_s, u"presence:online:acme"_s}), "zset"_ba);
    QVERIFY(isNow(cli({u"ZSCORE"_s, u"presence:online:acme"_s, u"42"_s})));
}

void TestPresenceTracker::onlyTheFirstHeartbeatIsPublished()
{
    PubSubLog log(m_fixture->server, {"presence:updates", "presence:status"});
    for (int i = 0; i < 5; ++i)
        QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->disconnect(kUser));
    QTRY_COMPARE(log.on("presence:updates").size(), 2);
    QCOMPARE(log.on("presence:status").size(), 2);
    const auto first = QJsonDocument::fromJson(log.on("presence:updates")[0]).object();
    QCOMPARE(first["user_id"_L1].toString(), u"42"_s);
    QCOMPARE(first["workspace_id"_L1].toString(), u"acme"_s);
    QCOMPARE(first["status"_L1].toString(), u"online"_s);
    const auto last = QJsonDocument::fromJson(log.on("presence:status")[1]).object();
    QCOMPARE(last["user_id"_L1].toString(), u"42"_s);
    QCOMPARE(last["status"_L1].toString(), u"offline"_s);
}

void TestPresenceTracker::everyHeartbeatKeepsTheUserInTheOnlineList()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    m_fixture->cli({u"ZADD"_s, u"presence:online:acme"_s, u"1000"_s, u"42"_s});
    // Others were told nothing else, so it is in the list still, and not younger than it is.
    const auto heartbeatAt = [this] {
        const OnlinePage page = m_fixture->online(kAcme);
        return page.total == 1 && page.rows.size() == 1
            ? page.rows[0].lastHeartbeat.time_since_epoch().count()
            : 0;
    };
    QCOMPARE(heartbeatAt(), 1000);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QTRY_VERIFY(heartbeatAt() > 1000);
}

void TestPresenceTracker::aUserIsOfflineWithoutALiveDevice()
{
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QVERIFY(!m_fixture->get(kUser).lastSeen);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, std::nullopt));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    QCOMPARE(m_fixture->get(kUser).devices.size(), 1);
    QVERIFY(m_fixture->disconnect(kUser));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
    QVERIFY(m_fixture->get(kUser).devices.empty());
    QVERIFY(m_fixture->get(kUser).lastSeen);
}

void TestPresenceTracker::leavingHappensAfterTheGrace()
{
    makeFixture({.heartbeatInterval = 250ms, .offlineGrace = 1s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->disconnect(kUser));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    QCOMPARE(m_fixture->online(kAcme).total, 1);
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(m_fixture->online(kAcme).total, 0, 8000);
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
}

void TestPresenceTracker::comingBackWithinTheGraceIsNotSeen()
{
    makeFixture({.offlineGrace = 5s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    PubSubLog log(m_fixture->server, {"presence:updates", "presence:status"});
    QVERIFY(m_fixture->disconnect(kUser));
    QVERIFY(m_fixture->heartbeat(kUser, DeviceId("web:2"), kAcme, SessionId("s2")));
    // What would have been published comes before this.
    QVERIFY(m_fixture->setStatus(kUser, {.status = Status::Busy}));
    QTRY_COMPARE(log.on("presence:status").size(), 1);
    QVERIFY(log.on("presence:status")[0].contains("busy"));
}

void TestPresenceTracker::anOlderSessionDoesNotTakeTheDeviceAway()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, SessionId("old")));
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme, SessionId("new")));
    QVERIFY(m_fixture->disconnect(kUser, SessionId("old")));
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    QVERIFY(m_fixture->disconnect(kUser, SessionId("new")));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
}

void TestPresenceTracker::twoDevicesAreOneUser()
{
    const WorkspaceId other("other");
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->heartbeat(kUser, kPhone, other, kPhoneSession));
    QCOMPARE(m_fixture->online(kAcme).total, 1);
    QCOMPARE(m_fixture->online(other).total, 1);
    QVERIFY(m_fixture->disconnect(kUser));
    QCOMPARE(m_fixture->online(kAcme).total, 0);
    QCOMPARE(m_fixture->online(other).total, 1);
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
    QVERIFY(m_fixture->disconnect(kUser, kPhoneSession));
    QCOMPARE(m_fixture->get(kUser).status, Status::Offline);
}

void TestPresenceTracker::aDeviceThatChangesWorkspaceMoves()
{
    const WorkspaceId other("other");
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, other, SessionId("s2")));
    QCOMPARE(m_fixture->online(kAcme).total, 0);
    QCOMPARE(m_fixture->online(other).total, 1);
}

void TestPresenceTracker::theSweeperFindsDevicesThatStoppedCalling()
{
    makeFixture({.heartbeatInterval = 500ms, .presenceTtl = 1s, .offlineGrace = 0s});
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    PubSubLog log(m_fixture->server, {"presence:status"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(log.on("presence:status").size(), 1, 8000);
    QVERIFY(log.on("presence:status")[0].contains("offline"));
    QTRY_COMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:online:acme"_s}), "0"_ba);
    QTRY_COMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}), "0"_ba);
    QTRY_COMPARE(m_fixture->cli({u"ZCARD"_s, u"presence:visible"_s}), "0"_ba);
}

void TestPresenceTracker::oneTurnOfTheSweeperChecksAllThatIsDue()
{
    const auto due = [this] {
        return m_fixture->cli({u"ZCARD"_s, u"presence:index:users"_s}).toInt();
    };
    m_fixture->cli({u"EVAL"_s,
                    u"for i = 1, 1700 do redis.call('ZADD', KEYS[1], 1, 'user-' .. i) end"_s,
                    u"1"_s, u"presence:index:users"_s});
    QCOMPARE(due(), 1700);
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_VERIFY(due() < 1700);
    // The turn that has begun is the only one.
    const QString until = QString::number((m_fixture->now() + 5) * 1000);
    m_fixture->cli(
        {u"HSET"_s, u"presence:sweeper:lease"_s, u"reader"_s, u"node-2"_s, u"reads"_s, until});
    QTRY_COMPARE(due(), 0);
}

/// It would take sessions for silent that only the regular heartbeat refreshes.
void TestPresenceTracker::aSweeperOfTheVersionBeforeLosesItsLease()
{
    const auto holder = [this] {
        return m_fixture->cli({u"HGET"_s, u"presence:sweeper:lease"_s, u"node"_s});
    };
    const QString key = u"presence:sweeper:lease"_s;
    const auto give = [this, key](const QStringList &more) {
        const QString until = QString::number((m_fixture->now() + 5) * 1000);
        m_fixture->cli({u"DEL"_s, key});
        m_fixture->cli(
            QStringList{u"HSET"_s, key, u"node"_s, u"node-2"_s, u"until"_s, until}
            + (more.isEmpty() ? more : more + QStringList{until, u"reader"_s, u"node-2"_s}));
    };
    const auto until = [this, key](const QString &field) {
        return m_fixture->cli({u"HGET"_s, key, field}).toLongLong();
    };
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE(holder(), "node-1");
    give({u"reads"_s});
    QTRY_COMPARE(holder(), "node-2");
    const qint64 since = m_fixture->now();
    QTRY_VERIFY(m_fixture->now() > since + 1);
    QCOMPARE(holder(), "node-2");
    give({});
    QTRY_COMPARE(holder(), "node-1");
    // It sees the lease for longer than others do, and when that is given back as well.
    QVERIFY(until(u"until"_s) > until(u"reads"_s) + 2000);
    bool hasStopped = false;
    sweeper.stop([&] { hasStopped = true; });
    QTRY_VERIFY(hasStopped);
    QCOMPARE(until(u"reads"_s), 0);
    QVERIFY(until(u"until"_s) > (m_fixture->now() + 3) * 1000);
}

void TestPresenceTracker::aLostWorkspaceEntryIsRepaired()
{
    makeFixture({.heartbeatInterval = 250ms, .presenceTtl = 60s, .offlineGrace = 0s});
    ChannelPresence channels(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, m_fixture->tracker, channels);
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    TrackedDevice device({.user = kUser, .device = kWeb, .id = kSession, .workspace = kAcme});
    scheduler.track(device);
    m_fixture->cli({u"DEL"_s, u"presence:online:acme"_s, u"presence:workspace:acme"_s});
    QTRY_COMPARE(m_fixture->online(kAcme).total, 1);
    m_fixture->cli({u"FLUSHALL"_s});
    QTRY_COMPARE(m_fixture->online(kAcme).total, 1);
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

void TestPresenceTracker::bulkKeepsItsOrder()
{
    QVERIFY(m_fixture->heartbeat(UserId("b"), kWeb, kAcme));
    const auto rows = m_fixture->wait<std::vector<UserPresence>>([&](auto done) {
        m_fixture->tracker.getBulkPresence(
            {UserId("c"), UserId("b"), UserId("a")}, [](const UserId &) { return Viewer::Other; },
            std::move(done));
    });
    QVERIFY(rows);
    QCOMPARE(rows->size(), 3);
    QCOMPARE((*rows)[0].user, UserId("c"));
    QCOMPARE(ReadPresence((*rows)[1]).status, Status::Online);
    QCOMPARE(ReadPresence((*rows)[2]).status, Status::Offline);
}

void TestPresenceTracker::theOnlineListHasPagesAndATrueTotal()
{
    for (int i = 0; i < 25; ++i)
        QVERIFY(m_fixture->heartbeat(UserId("u" + QByteArray::number(i)), kWeb, kAcme));
    QSet<UserId> seen;
    for (int offset = 0; offset < 30; offset += 10) {
        const OnlinePage page = m_fixture->online(kAcme, 10, offset);
        QCOMPARE(page.total, 25);
        QCOMPARE(page.rows.size(), static_cast<size_t>(std::min(10, 25 - offset)));
        for (const auto &row : page.rows)
            seen.insert(row.user);
    }
    QCOMPARE(seen.size(), 25);
}

// While others come and go, heartbeats come, another service writes, and the order is lost.
void TestPresenceTracker::whoIsThereThroughoutIsInThePagesOnce()
{
    constexpr int kUsers = 60;
    const auto user = [](const char *kind, int i) {
        return UserId(QByteArray::number(i % 10) + kind + QByteArray::number(i));
    };
    const auto online = QStringList{u"ZADD"_s, u"presence:online:acme"_s};
    for (int i = 0; i < kUsers; ++i) {
        QVERIFY(m_fixture->heartbeat(user("stays", i), kWeb, kAcme));
        QVERIFY(m_fixture->heartbeat(user("leaves", i), kWeb, kAcme));
    }
    m_fixture->cli(online + QStringList{QString::number(m_fixture->now()), u"5foreign"_s});
    QHash<UserId, int> seen;
    std::optional<UserId> after;
    int pages = 0;
    do {
        const auto page = m_fixture->wait<OnlinePage>([&](auto done) {
            m_fixture->tracker.getOnlineUsers(kAcme, {.limit = 7, .offset = 0, .after = after},
                                              std::move(done));
        });
        QVERIFY(page);
        for (const auto &row : page->rows)
            ++seen[row.user];
        after = page->next;
        const int i = pages++;
        QVERIFY(m_fixture->heartbeat(user("comes", i), kWeb, kAcme));
        QVERIFY(m_fixture->heartbeat(user("stays", i), kWeb, kAcme));
        QVERIFY(m_fixture->wait<void>([&](auto done) {
            m_fixture->tracker.signOff(user("leaves", 2 * i), kWeb, std::move(done));
        }));
        if (i == 5)
            m_fixture->cli({u"DEL"_s, u"presence:order:acme"_s});
    } while (after && pages < kUsers);
    for (int i = 0; i < kUsers; ++i)
        QCOMPARE(seen.value(user("stays", i)), 1);
    QCOMPARE(seen.value(UserId("5foreign")), 1);
    QVERIFY(std::ranges::all_of(seen, [](int count) { return count == 1; }));
}

// An entry that cannot be read, and keys of another type.
void TestPresenceTracker::aWorkspaceThatIsBrokenKeepsNoOtherFromBeingRefreshed()
{
    const WorkspaceId alien("alien");
    const WorkspaceId other("other");
    PresenceTracker::WorkspaceUsers users;
    for (const WorkspaceId &workspace : {kAcme, alien, other}) {
        const UserId user("u-" + workspace.bytes());
        QVERIFY(m_fixture->heartbeat(user, kWeb, workspace));
        m_fixture->cli({u"ZADD"_s, u"presence:online:%1"_s.arg(workspace.toString()), u"1000"_s,
                        user.toString()});
        users[workspace].insert(user, QByteArray::number(2'000'000'000'000'000));
    }
    m_fixture->cli({u"HSET"_s, u"presence:workspace:acme"_s, u"u-acme"_s, u"{}"_s});
    m_fixture->cli({u"SET"_s, u"presence:workspace:alien"_s, u"text"_s});
    m_fixture->tracker.refreshWorkspaces(users);
    const auto isRefreshed = [this](const char *workspace) {
        const QString w = QString::fromLatin1(workspace);
        return m_fixture->cli({u"ZSCORE"_s, u"presence:online:"_s + w, u"u-"_s + w}).toDouble()
            > 1000;
    };
    QTRY_VERIFY(isRefreshed("other"));
    QVERIFY(isRefreshed("acme"));
    // What could not be read is written anew.
    QTRY_VERIFY(
        m_fixture->cli({u"HGET"_s, u"presence:workspace:acme"_s, u"u-acme"_s}).contains("phx_ref"));
}

// Another service's, before the sweeper takes it away: a page that it would fill is no end.
void TestPresenceTracker::whatHasExpiredIsInNoPage()
{
    QVERIFY(m_fixture->heartbeat(UserId("b"), kWeb, kAcme));
    QVERIFY(m_fixture->heartbeat(UserId("d"), kWeb, kAcme));
    for (const QString &user : {u"a"_s, u"c"_s})
        m_fixture->cli({u"ZADD"_s, u"presence:online:acme"_s, u"1000"_s, user});
    const OnlinePage first = m_fixture->online(kAcme, 1);
    QCOMPARE(first.total, 2);
    QCOMPARE(first.rows.at(0).user, UserId("b"));
    QCOMPARE(first.next, UserId("b"));
    const OnlinePage second = m_fixture->online(kAcme, 1, 1);
    QCOMPARE(second.rows.at(0).user, UserId("d"));
    QVERIFY(!second.next);
}

void TestPresenceTracker::pagesAreThereWhenRedisRefusesToWrite()
{
    if (RedisDeployment::kindToTest() == RedisDeployment::Kind::Cluster)
        QSKIP("one server refuses");
    for (const char *user : {"c", "a", "b"})
        QVERIFY(m_fixture->heartbeat(UserId(user), kWeb, kAcme));
    m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s});
    const OnlinePage page = m_fixture->online(kAcme, 2);
    const OnlinePage last = m_fixture->online(kAcme, 2, 2);
    m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
    QCOMPARE(page.rows.size(), size_t(2));
    QCOMPARE(page.rows[1].user, UserId("b"));
    QCOMPARE(page.next, UserId("b"));
    QCOMPARE(last.rows.size(), size_t(1));
    QVERIFY(!last.next);
}

void TestPresenceTracker::whoIsReadWhileTheConnectionIsLostIsReadAgain()
{
    QVERIFY(m_fixture->heartbeat(kUser, kWeb, kAcme));
    // In the same write, which the server reads no further than this.
    m_fixture->redis.command(m_fixture->keys.userHash(kUser),
                             {"CLIENT"_ba, "KILL"_ba, "TYPE"_ba, "normal"_ba, "SKIPME"_ba, "no"_ba},
                             [](const auto &) {});
    QCOMPARE(m_fixture->get(kUser).status, Status::Online);
}

void TestPresenceTracker::tooManyDevicesAreRefused()
{
    makeFixture({.maxDevices = 3});
    const auto heartbeat = [this](int i) {
        const QByteArray n = QByteArray::number(i);
        return m_fixture->heartbeat(kUser, DeviceId("d" + n), kAcme, SessionId("s" + n));
    };
    for (int i = 0; i < 3; ++i)
        QVERIFY(heartbeat(i));
    const auto refused = heartbeat(3);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::RateLimited);
    QVERIFY(heartbeat(2));
}

void TestPresenceTracker::untilWhenTokensAreRefusedIsKnownOrNot()
{
    using Until = std::optional<std::chrono::milliseconds>;
    const auto until = [this] {
        return m_fixture
            ->wait<Until>([this](auto done) {
                m_fixture->tracker.getSignedOff(kUser, kWeb, std::move(done));
            })
            .value();
    };
    QVERIFY(!until());
    QVERIFY(m_fixture->wait<void>([this](auto done) {
        m_fixture->tracker.signOff(kUser, kWeb, std::move(done), "operator:root");
    }));
    QVERIFY(until() > std::chrono::seconds(m_fixture->now() - 5));
    // Redis may lose it, and refuses nobody then.
    m_fixture->cli({u"DEL"_s, u"presence:user:42:signed_off"_s});
    QVERIFY(!until());
}

PRESENCE_TEST(TestPresenceTracker)
#include "tst_presencetracker.moc"
