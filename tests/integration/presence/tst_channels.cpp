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

static const UserId kAnna("anna");
static const UserId kBob("bob");
static const SessionId kOne("s1");
static const SessionId kTwo("s2");

class TestChannels : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void viewingWritesTheKeysOfTheSchema();
    void pagesHaveEachViewerOnce_data();
    void pagesHaveEachViewerOnce();
    void typingWritesTheKeysOfTheSchema();
    void aTypistThatRedisLostStops();
    void aTypistWhoseEndRedisLostStops();
    void aTypistIsKnownWithoutTheSetOfOtherServices();
    void typingStopsByItselfPerUser();
    void startingAgainIsNotPublished();
    void aViewerLeavesWithItsLastConnection();
    void aViewerThatNobodyRefreshesLeaves();
    void aTypistStopsWithItsLastSession();
    void sessionsThatAreOverLookAtNothing();
    void whoLeftBecauseItHidComesBackOnlyWithANewerRevision();
    void aRosterHasViewersAndTypists();

private:
    template <typename Call>
    bool done(Call call)
    {
        return m_fixture->wait<void>(std::move(call)).has_value();
    }
    bool join(const UserId &user, const SessionId &session);
    bool leave(const UserId &user, const SessionId &session);
    bool type(const UserId &user, const SessionId &session = kOne);
    bool stop(const UserId &user, const SessionId &session = kOne);
    bool quit(const UserId &user, qint64 revision, const std::vector<SessionId> &sessions);
    std::vector<UserId> viewers();
    std::vector<UserId> typing();
    void makeFixture(const PresenceConfig &config);

    qint64 m_revision = 1; ///< of the users, that their sessions know
    std::unique_ptr<StoreFixture> m_fixture;
    std::unique_ptr<TypingTracker> m_typing;
    std::unique_ptr<ChannelPresence> m_channels;
};

void TestChannels::makeFixture(const PresenceConfig &config)
{
    cleanup();
    m_fixture = std::make_unique<StoreFixture>(config);
    m_typing = std::make_unique<TypingTracker>(m_fixture->store);
    m_channels = std::make_unique<ChannelPresence>(m_fixture->store);
}

void TestChannels::init()
{
    makeFixture({});
}

void TestChannels::cleanup()
{
    m_typing.reset();
    m_channels.reset();
    m_fixture.reset();
    m_revision = 1;
}

bool TestChannels::join(const UserId &user, const SessionId &session)
{
    return done([&](auto end) {
        m_channels->joinChannel({user, session, m_revision}, kGeneral, std::move(end));
    });
}

bool TestChannels::leave(const UserId &user, const SessionId &session)
{
    return done([&](auto end) {
        m_channels->leaveChannel(user, session, kGeneral, {.isViewing = true}, std::move(end));
    });
}

bool TestChannels::type(const UserId &user, const SessionId &session)
{
    return done([&](auto end) {
        m_typing->startTyping(user, session, m_revision, kGeneral, std::move(end));
    });
}

bool TestChannels::stop(const UserId &user, const SessionId &session)
{
    return done(
        [&](auto end) { m_typing->stopTyping(user, session, kGeneral, true, std::move(end)); });
}

bool TestChannels::quit(const UserId &user, qint64 revision, const std::vector<SessionId> &sessions)
{
    ChannelTransitions steps(m_fixture->store);
    return m_fixture
        ->wait<ChannelTransition>([&](auto end) {
            steps.quit(kGeneral, user, revision,
                       sessions.empty() ? ChannelTransitions::Who::All
                                        : ChannelTransitions::Who::Named,
                       sessions, std::move(end));
        })
        .has_value();
}

std::vector<UserId> TestChannels::viewers()
{
    return m_fixture
        ->wait<UserPage>([&](auto end) {
            m_channels->getChannelViewers(kGeneral, {.limit = 1000}, std::move(end));
        })
        .value_or(UserPage())
        .users;
}

std::vector<UserId> TestChannels::typing()
{
    return m_fixture
        ->wait<UserPage>(
            [&](auto end) { m_typing->getTypingUsers(kGeneral, {.limit = 1000}, std::move(end)); })
        .value_or(UserPage())
        .users;
}

void TestChannels::pagesHaveEachViewerOnce_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("byOffset");
    QTest::newRow("few") << 25 << false;
    QTest::newRow("few, by offset") << 25 << true;
    QTest::newRow("none") << 0 << false;
    // More than are put in order for each that asks.
    QTest::newRow("many") << 1205 << false;
    QTest::newRow("many, by offset") << 1205 << true;
}

void TestChannels::pagesHaveEachViewerOnce()
{
    QFETCH(int, count);
    QFETCH(bool, byOffset);
    std::vector<UserId> expected;
    int joined = 0;
    for (int i = 0; i < count; ++i) {
        expected.emplace_back("viewer-" + QByteArray::number(i));
        m_channels->joinChannel({expected.back(), SessionId("s"), m_revision}, kGeneral,
                                [&joined](const auto &result) { joined += result ? 1 : 0; });
    }
    QTRY_COMPARE_WITH_TIMEOUT(joined, count, 20'000);
    std::ranges::sort(expected);
    std::vector<UserId> found;
    Page page{.limit = count > 1000 ? 400 : 10};
    while (true) {
        const auto rows = m_fixture->wait<UserPage>(
            [&](auto end) { m_channels->getChannelViewers(kGeneral, page, std::move(end)); });
        QVERIFY(rows);
        QCOMPARE(rows->total, count);
        found.insert(found.end(), rows->users.begin(), rows->users.end());
        if (!rows->next)
            break;
        QCOMPARE(*rows->next, found.back());
        if (byOffset)
            page.offset += page.limit;
        else
            page.after = rows->next;
    }
    QCOMPARE(found.size(), expected.size());
    QVERIFY(found == expected);
}

void TestChannels::viewingWritesTheKeysOfTheSchema()
{
    const qint64 before = m_fixture->now();
    QVERIFY(join(kAnna, kOne));
    QCOMPARE(m_fixture->cli({u"TYPE"_s, u"presence:channel:7"_s}), "zset"_ba);
    const qint64 score
        = m_fixture->cli({u"ZSCORE"_s, u"presence:channel:7"_s, u"anna"_s}).toLongLong();
    QVERIFY(score >= before && score <= m_fixture->now());
    QVERIFY(m_fixture->cli({u"TTL"_s, u"presence:channel:7"_s}).toInt() >= 299);
    QVERIFY(leave(kAnna, kOne));
    QCOMPARE(m_fixture->cli({u"EXISTS"_s, u"presence:channel:7"_s}), "0"_ba);
}

void TestChannels::typingWritesTheKeysOfTheSchema()
{
    PubSubLog log(m_fixture->server, {"presence:typing"});
    QVERIFY(type(kAnna));
    QCOMPARE(m_fixture->cli({u"TYPE"_s, u"typing:7"_s}), "set"_ba);
    QCOMPARE(m_fixture->cli({u"SMEMBERS"_s, u"typing:7"_s}), "anna"_ba);
    // Should the node die with all others, readers of the set do not see anna for long.
    const int left = m_fixture->cli({u"PTTL"_s, u"typing:7"_s}).toInt();
    QVERIFY2(left > 5000 && left <= 7000, qPrintable(QString::number(left)));
    QVERIFY(stop(kAnna));
    QCOMPARE(m_fixture->cli({u"EXISTS"_s, u"typing:7"_s}), "0"_ba);
    QTRY_COMPARE(log.on("presence:typing").size(), 2);
    const auto start = QJsonDocument::fromJson(log.on("presence:typing")[0]).object();
    QCOMPARE(start["channel_id"_L1].toString(), u"7"_s);
    QCOMPARE(start["user_id"_L1].toString(), u"anna"_s);
    QCOMPARE(start["action"_L1].toString(), u"start"_s);
    QVERIFY(log.on("presence:typing")[1].contains("stop"));
}

// Redis has lost who types; who is told that somebody does is told of the end all the same, once.
void TestChannels::aTypistThatRedisLostStops()
{
    QVERIFY(type(kAnna));
    PubSubLog log(m_fixture->server, {"presence:events:channel:7"});
    for (const QString &key : {u"typing:7"_s, u"presence:typing:7"_s,
                               u"presence:typing:7:devices"_s, u"presence:channel:7:viewers"_s})
        m_fixture->cli({u"DEL"_s, key});
    QVERIFY(stop(kAnna));
    QTRY_COMPARE(log.messages.size(), 1);
    QVERIFY(log.messages[0].second.endsWith("\ntyping\nanna\nstop"));
}

// For other services there is a copy, which may be lost alone.
// Nobody sweeps until after the set of other services has gone.
void TestChannels::aTypistWhoseEndRedisLostStops()
{
    makeFixture({.typingTtl = 1s});
    PubSubLog log(m_fixture->server, {"presence:typing"});
    QVERIFY(type(kAnna));
    m_fixture->cli({u"DEL"_s, u"presence:typing:7"_s});
    m_fixture->cli({u"DEL"_s, u"typing:7"_s});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_VERIFY_WITH_TIMEOUT(
        !log.messages.isEmpty() && log.messages.back().second.contains("\"stop\""), 15'000);
}

void TestChannels::aTypistIsKnownWithoutTheSetOfOtherServices()
{
    QVERIFY(type(kAnna));
    m_fixture->cli({u"DEL"_s, u"typing:7"_s});
    QCOMPARE(typing(), std::vector{kAnna});
    PubSubLog log(m_fixture->server, {"presence:events:channel:7"});
    QVERIFY(type(kAnna));
    QCOMPARE(m_fixture->cli({u"SMEMBERS"_s, u"typing:7"_s}), "anna"_ba);
    QVERIFY(stop(kAnna));
    QTRY_COMPARE(log.messages.size(), 1);
    QVERIFY(log.messages[0].second.endsWith("stop"));
}

void TestChannels::typingStopsByItselfPerUser()
{
    makeFixture({.typingTtl = 1s});
    PubSubLog log(m_fixture->server, {"presence:typing"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QVERIFY(type(kBob));
    // Anna goes on typing all the time: that must not keep Bob typing.
    QTimer anna;
    connect(&anna, &QTimer::timeout, this,
            [this] { m_typing->startTyping(kAnna, kOne, 1, kGeneral, [](const auto &) {}); });
    anna.start(100);
    const auto bobStopped = [&] {
        const auto messages = log.on("presence:typing");
        return std::any_of(messages.begin(), messages.end(), [](const QByteArray &message) {
            return message.contains("bob") && message.contains("stop");
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(bobStopped(), 8000);
    QCOMPARE(typing(), std::vector{kAnna});
    QCOMPARE(m_fixture->cli({u"SMEMBERS"_s, u"typing:7"_s}), "anna"_ba);
}

void TestChannels::startingAgainIsNotPublished()
{
    PubSubLog log(m_fixture->server, {"presence:typing"});
    for (int i = 0; i < 5; ++i)
        QVERIFY(type(kAnna));
    QVERIFY(type(kBob));
    QTRY_COMPARE(log.on("presence:typing").size(), 2);
}

void TestChannels::aViewerLeavesWithItsLastConnection()
{
    QVERIFY(join(kAnna, kOne));
    QVERIFY(join(kAnna, kTwo));
    QVERIFY(join(kBob, kOne));
    QCOMPARE(viewers(), (std::vector{kAnna, kBob}));
    QVERIFY(leave(kAnna, kOne));
    QCOMPARE(viewers(), (std::vector{kAnna, kBob}));
    QVERIFY(leave(kAnna, kTwo));
    QCOMPARE(viewers(), std::vector{kBob});
}

void TestChannels::aViewerThatNobodyRefreshesLeaves()
{
    makeFixture({.heartbeatInterval = 250ms, .viewTtl = 1s});
    PresenceTracker tracker(m_fixture->store);
    HeartbeatScheduler scheduler(m_fixture->store, tracker, *m_channels);
    QVERIFY(join(kAnna, kOne));
    QVERIFY(join(kBob, kTwo));
    TrackedDevice bob({.user = kBob, .device = DeviceId("web"), .id = kTwo});
    bob.viewed.insert(kGeneral);
    scheduler.track(bob);
    PubSubLog log(m_fixture->server, {"presence:events:channel:7"});
    Sweeper sweeper(m_fixture->store, "node-1");
    sweeper.start();
    QTRY_COMPARE_WITH_TIMEOUT(log.messages.size(), 1, 8000);
    QCOMPARE(log.messages[0].second.split('\n').mid(1), (QByteArrayList{"view", "anna", ""}));
    QCOMPARE(viewers(), std::vector{kBob});
}

void TestChannels::aTypistStopsWithItsLastSession()
{
    QVERIFY(type(kAnna, kOne));
    QVERIFY(type(kAnna, kTwo));
    QVERIFY(stop(kAnna, kOne));
    QCOMPARE(typing(), std::vector{kAnna});
    QVERIFY(stop(kAnna, kTwo));
    QCOMPARE(typing(), std::vector<UserId>{});
}

void TestChannels::sessionsThatAreOverLookAtNothing()
{
    QVERIFY(join(kAnna, kOne));
    QVERIFY(join(kAnna, kTwo));
    QVERIFY(type(kAnna, kTwo));
    const qint64 over = m_fixture->now() * 1'000'000;
    QVERIFY(quit(kAnna, over, {kTwo}));
    // Its node refreshes it once more, not having heard of it yet.
    QVERIFY(join(kAnna, kTwo));
    QVERIFY(type(kAnna, kTwo));
    QCOMPARE(viewers(), std::vector{kAnna});
    QCOMPARE(typing(), std::vector<UserId>{});
    QVERIFY(quit(kAnna, over, {kOne}));
    QCOMPARE(viewers(), std::vector<UserId>{});
    // It was given up too early, and is announced again.
    m_revision = over;
    QVERIFY(join(kAnna, kOne));
    QCOMPARE(viewers(), std::vector{kAnna});
}

void TestChannels::whoLeftBecauseItHidComesBackOnlyWithANewerRevision()
{
    PubSubLog log(m_fixture->server, {"presence:events:channel:7"});
    const qint64 hidden = m_fixture->now() * 1'000'000;
    QVERIFY(join(kAnna, kOne));
    QVERIFY(quit(kAnna, hidden, {}));
    QCOMPARE(viewers(), std::vector<UserId>{});
    // A session that has not heard of it, and one that types for the first time.
    QVERIFY(join(kAnna, kTwo));
    QVERIFY(type(kAnna, kTwo));
    m_revision = hidden + 1;
    QVERIFY(join(kAnna, kOne));
    QCOMPARE(viewers(), std::vector{kAnna});
    // Of the time when it hid, but late.
    QVERIFY(quit(kAnna, hidden, {}));
    QCOMPARE(viewers(), std::vector{kAnna});
    QTRY_COMPARE(log.messages.size(), 3);
}

void TestChannels::aRosterHasViewersAndTypists()
{
    QVERIFY(join(kAnna, kOne));
    QVERIFY(type(kBob));
    const auto roster = m_fixture->wait<Roster>(
        [&](auto end) { m_channels->readChannel(kGeneral, std::move(end)); });
    QVERIFY(roster);
    QCOMPARE(roster->metas.keys(), QList{kAnna});
    QVERIFY(roster->metas.value(kAnna).startsWith("{\"phx_ref\":\""));
    QCOMPARE(roster->typing, QSet{kBob});
    QVERIFY(roster->sequence > 0);
}

PRESENCE_TEST(TestChannels)
#include "tst_channels.moc"
