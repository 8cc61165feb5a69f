// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/asyncclient.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>

using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// What Redis loses while clients are connected to two nodes, long before their next heartbeat.
class TestLosses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { startNodes({{u"HEARTBEAT_INTERVAL"_s, u"20000"_s}}); }
    void cleanup()
    {
        m_watcher.reset();
        if (m_two->isRunning())
            QCOMPARE(m_two->stop(), 0);
        QCOMPARE(m_fixture->daemon.stop(), 0);
        m_two.reset();
        m_fixture.reset();
    }

    void whoIsInvisibleStaysSo_data()
    {
        QTest::addColumn<bool>("isAll");
        QTest::newRow("everything is lost") << true;
        QTest::newRow("the user is evicted") << false;
    }
    // Neither the second client nor a call by REST knows that the user hides.
    void whoIsInvisibleStaysSo()
    {
        QFETCH(bool, isAll);
        PhoenixClient first(m_fixture->daemon.port(), tokenFor(u"hero"_s));
        QVERIFY(enter(first, u"hero"_s, u"d1"_s));
        const auto reply
            = first.push(u"presence:hero"_s, u"set_status"_s, {{"status"_L1, "invisible"_L1}});
        QCOMPARE(reply["status"_L1], "ok"_L1);
        watch({u"user:hero"_s, u"workspace:acme"_s});
        lose(isAll, u"hero"_s);
        PhoenixClient second(m_two->port(), tokenFor(u"hero"_s));
        QVERIFY(enter(second, u"hero"_s, u"d2"_s));
        RestClient rest(m_two->port(), tokenFor(u"hero"_s));
        QCOMPARE(rest.post(u"/api/presence/heartbeat"_s,
                           {{"device_id"_L1, "d3"_L1}, {"workspace_id"_L1, "acme"_L1}})
                     .status,
                 204);
        const auto isInvisible
            = [](const QJsonObject &state) { return state["status"_L1] == "invisible"_L1; };
        QVERIFY(!second.next(u"presence:hero"_s, u"presence_state"_s, isInvisible).isEmpty());
        // Whatever else there was to be told is told by now.
        PhoenixClient fence(m_two->port(), tokenFor(u"fence"_s));
        QVERIFY(enter(fence, u"fence"_s, u"d"_s));
        QTRY_VERIFY_WITH_TIMEOUT(isTold(u"workspace:acme"_s, u"fence"_s), 10'000);
        for (const Seen &seen : std::as_const(m_seen))
            QVERIFY2(!seen.text.contains("hero") || !seen.text.contains("\"online\""),
                     seen.text.constData());
    }

    // Redis loses the user once more before its connection, which heard of that, could say what it
    // was before.
    void whoHidesMeanwhileHidesThoughThatIsLostAsWell()
    {
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"hero"_s));
        QVERIFY(enter(client, u"hero"_s, u"d1"_s));
        RestClient root(m_fixture->daemon.port(), tokenFor(u"root"_s, {{"scope"_L1, "admin"_L1}}));
        watch({u"user:hero"_s});
        m_seen.clear();
        // As a set_status then has it.
        const QString revision = QString::number(QDateTime::currentMSecsSinceEpoch() * 1000);
        const QStringList state{u"state"_s, revision, u"invisible"_s,
                                u"0"_s,     u"?"_s,   u"{\"custom_message\":\"new\"}"_s};
        const QString control = u"presence:events:self:hero"_s;
        m_fixture->cli({u"SPUBLISH"_s, control, state.join(u'\n')});
        lose(false, u"hero"_s);
        m_fixture->cli({u"SPUBLISH"_s, control, u"announce"_s});
        const auto read = [&root] { return root.get(u"/api/presence/users/hero"_s).json(); };
        QTRY_COMPARE(read()["status"_L1], "invisible"_L1);
        QCOMPARE(read()["custom_message"_L1], "new"_L1);
        QTRY_VERIFY(isTold(u"user:hero"_s, u"\"offline\""_s));
        for (const Seen &seen : std::as_const(m_seen))
            QVERIFY2(!seen.text.contains("\"online\""), seen.text.constData());
    }

    // The one that knows hears of it later than the one that does not, and says what it knows all
    // the same.
    void whatAConnectionDoesNotKnowIsKept()
    {
        PhoenixClient first(m_fixture->daemon.port(), tokenFor(u"hero"_s));
        QVERIFY(enter(first, u"hero"_s, u"d1"_s));
        const QJsonObject text{{"status"_L1, "busy"_L1}, {"custom_message"_L1, "old"_L1}};
        QCOMPARE(first.push(u"presence:hero"_s, u"set_status"_s, text)["status"_L1], "ok"_L1);
        m_fixture->daemon.freeze();
        lose(false, u"hero"_s);
        PhoenixClient second(m_two->port(), tokenFor(u"hero"_s));
        QVERIFY(enter(second, u"hero"_s, u"d2"_s));
        const QJsonObject hiding{{"status"_L1, "invisible"_L1}};
        QCOMPARE(second.push(u"presence:hero"_s, u"set_status"_s, hiding)["status"_L1], "ok"_L1);
        const auto hides
            = [](const QJsonObject &state) { return state["status"_L1] == "invisible"_L1; };
        QVERIFY(!second.next(u"presence:hero"_s, u"presence_state"_s, hides).isEmpty());
        lose(false, u"hero"_s);
        // Until it says so: it does not say it twice in a moment.
        const auto ask = [this] {
            m_fixture->cli({u"SPUBLISH"_s, u"presence:events:self:hero"_s, u"announce"_s});
            return m_fixture->cli({u"HGET"_s, u"presence:user:hero"_s, u"status"_s});
        };
        QTRY_COMPARE(ask(), "invisible"_ba);
        m_fixture->daemon.thaw();
        RestClient root(m_two->port(), tokenFor(u"root"_s, {{"scope"_L1, "admin"_L1}}));
        const auto read = [&root] { return root.get(u"/api/presence/users/hero"_s).json(); };
        QTRY_COMPARE(read()["custom_message"_L1], "old"_L1);
        QCOMPARE(read()["status"_L1], "invisible"_L1);
    }

    void whoHidesIsSeenToGoOnce_data()
    {
        QTest::addColumn<bool>("isToldBefore");
        QTest::newRow("lost while others still see it") << false;
        QTest::newRow("lost when they do not") << true;
    }
    // Its connection knows whether others were told.
    void whoHidesIsSeenToGoOnce()
    {
        QFETCH(bool, isToldBefore);
        cleanup();
        startNodes({{u"HEARTBEAT_INTERVAL"_s, u"20000"_s}, {u"OFFLINE_GRACE"_s, u"2"_s}});
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"hero"_s));
        QVERIFY(enter(client, u"hero"_s, u"d1"_s));
        watch({u"user:hero"_s});
        const auto hide = [&client] {
            return client.push(u"presence:hero"_s, u"set_status"_s,
                               {{"status"_L1, "invisible"_L1}});
        };
        QCOMPARE(hide()["status"_L1], "ok"_L1);
        const auto isGone = [this] { return isTold(u"user:hero"_s, u"\"offline\""_s); };
        if (isToldBefore)
            QTRY_VERIFY_WITH_TIMEOUT(isGone(), 10'000);
        else
            QVERIFY(!isGone());
        lose(false, u"hero"_s);
        const qint64 since = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > since + 2); // OFFLINE_GRACE is over
        QCOMPARE(isGone(), isToldBefore);
        m_fixture->cli({u"SPUBLISH"_s, u"presence:events:self:hero"_s, u"announce"_s});
        QTRY_VERIFY_WITH_TIMEOUT(isGone(), 10'000);
        const qint64 told = m_fixture->now();
        QTRY_VERIFY(m_fixture->now() > told + 1);
        QCOMPARE(std::ranges::count_if(
                     m_seen, [](const Seen &seen) { return seen.text.contains("\"offline\""); }),
                 1);
    }

    // Though others are not before it has left its channels.
    void whoHidesMeanwhileIsToldSoItself()
    {
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"ann"_s));
        QVERIFY(enter(client, u"ann"_s, u"d1"_s));
        const auto tell = [&client](const QString &event, const QJsonObject &payload) {
            return client.push(u"presence:ann"_s, event, payload)["status"_L1].toString();
        };
        QCOMPARE(tell(u"join_channel"_s, {{"channel_id"_L1, "7"_L1}}), u"ok"_s);
        lose(false, u"ann"_s);
        QCOMPARE(tell(u"set_status"_s, {{"status"_L1, "invisible"_L1}}), u"ok"_s);
        const auto hides
            = [](const QJsonObject &state) { return state["status"_L1] == "invisible"_L1; };
        QVERIFY(!client.next(u"presence:ann"_s, u"presence_state"_s, hides).isEmpty());
    }

    // Less and less often, and at once when they are asked.
    void whatRedisRefusesIsSaidAgain()
    {
        if (RedisDeployment::kindToTest() != RedisDeployment::Kind::Single)
            QSKIP("one server refuses");
        constexpr int kUsers = 20;
        std::vector<std::unique_ptr<PhoenixClient>> clients;
        for (int i = 0; i < kUsers; ++i) {
            const QString user = u"u%1"_s.arg(i);
            clients.push_back(
                std::make_unique<PhoenixClient>(m_fixture->daemon.port(), tokenFor(user)));
            QVERIFY(enter(*clients.back(), user, u"d"_s));
        }
        const auto ask = [this](int user) {
            m_fixture->cli({u"SPUBLISH"_s, u"presence:events:self:u%1"_s.arg(user), u"announce"_s});
        };
        m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s});
        m_fixture->cli({u"CONFIG"_s, u"RESETSTAT"_s});
        const qint64 since = m_fixture->now();
        for (int i = 0; i < kUsers; ++i) {
            lose(false, u"u%1"_s.arg(i));
            ask(i);
        }
        // Also of the nodes themselves, a few a second.
        const auto count = [this] {
            static const QRegularExpression calls(
                u"cmdstat_fcall(?:_ro)?:calls=(\\d+),.*,rejected_calls=(\\d+)"_s);
            const QString stats = QString::fromUtf8(m_fixture->cli({u"INFO"_s, u"commandstats"_s}));
            int sum = 0;
            for (const auto &match : calls.globalMatch(stats))
                sum += match.captured(1).toInt() + match.captured(2).toInt();
            return sum;
        };
        QTRY_VERIFY_WITH_TIMEOUT(m_fixture->now() > since + 5, 10'000);
        const int said = count();
        QVERIFY2(said >= 3 * kUsers && said < 12 * kUsers, qPrintable(QString::number(said)));
        m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
        ask(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_fixture->cli({u"EXISTS"_s, u"presence:user:u0"_s}) == "1", 2000);
        for (int i = 1; i < kUsers; ++i)
            QTRY_VERIFY_WITH_TIMEOUT(
                m_fixture->cli({u"EXISTS"_s, u"presence:user:u%1"_s.arg(i)}) == "1", 20'000);
    }

    // As others are told already, so nobody is told anything.
    void whoIsVisibleStaysSo()
    {
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"ann"_s));
        QVERIFY(enter(client, u"ann"_s, u"d1"_s));
        QCOMPARE(client.push(u"presence:ann"_s, u"set_status"_s,
                             {{"status"_L1, "busy"_L1}})["status"_L1],
                 "ok"_L1);
        watch({u"user:ann"_s, u"workspace:acme"_s});
        m_seen.clear();
        lose(false, u"ann"_s);
        const RestResponse read
            = RestClient(m_two->port(), tokenFor(u"bob"_s)).get(u"/api/presence/users/ann"_s);
        QCOMPARE(read.json()["status"_L1], "busy"_L1);
        QCOMPARE(read.json()["devices"_L1].toArray().size(), 1);
        PhoenixClient fence(m_two->port(), tokenFor(u"fence"_s));
        QVERIFY(enter(fence, u"fence"_s, u"d"_s));
        QTRY_VERIFY(isTold(u"workspace:acme"_s, u"fence"_s));
        for (const Seen &seen : std::as_const(m_seen))
            QVERIFY2(!seen.text.contains("ann"), seen.text.constData());
    }

    // Over its own socket, and its devices are lost as well: it is there all the same.
    void whoSetsAStatusMeanwhileIsNotSeenToGo()
    {
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"ann"_s));
        QVERIFY(enter(client, u"ann"_s, u"d1"_s));
        watch({u"user:ann"_s, u"workspace:acme"_s});
        m_seen.clear();
        lose(true, u"ann"_s);
        QCOMPARE(client.push(u"presence:ann"_s, u"set_status"_s,
                             {{"status"_L1, "busy"_L1}})["status"_L1],
                 "ok"_L1);
        QTRY_VERIFY(isTold(u"user:ann"_s, u"\"busy\""_s));
        QVERIFY(!isTold(u"user:ann"_s, u"\"offline\""_s));
        QVERIFY(!isTold(u"workspace:acme"_s, u"\"leaves\":{\"ann\""_s)
                || isTold(u"workspace:acme"_s, u"\"joins\":{\"ann\""_s));
    }

    // Both wait for the other to say what it knows, and neither knows anything.
    void aNewUserThatJoinsTwiceAtOnceIsShownAtOnce()
    {
        constexpr int kUsers = 10;
        QStringList topics;
        for (int i = 0; i < kUsers; ++i)
            topics.append(u"user:new%1"_s.arg(i));
        watch(topics);
        std::vector<std::unique_ptr<AsyncClient>> clients;
        for (int i = 0; i < kUsers; ++i) {
            for (const quint16 port : {m_fixture->daemon.port(), m_two->port()}) {
                const QString user = u"new%1"_s.arg(i);
                clients.push_back(
                    std::make_unique<AsyncClient>(port, tokenFor(user), [](const auto &...) {}));
                clients.back()->join(u"presence:"_s + user, {{"device_id"_L1, u"d%1"_s.arg(port)}});
            }
        }
        for (const QString &topic : std::as_const(topics))
            QTRY_VERIFY_WITH_TIMEOUT(isTold(topic, u"\"online\""_s), 4000);
    }

    // Its connection ends before the next heartbeat could say what Redis has lost.
    void whoGoesIsSeenToGo()
    {
        {
            PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"ann"_s));
            QVERIFY(enter(client, u"ann"_s, u"d1"_s));
            const auto viewing
                = client.push(u"presence:ann"_s, u"join_channel"_s, {{"channel_id"_L1, "7"_L1}});
            QCOMPARE(viewing["status"_L1], "ok"_L1);
            watch({u"user:ann"_s, u"workspace:acme"_s, u"channel:7"_s});
            QTRY_VERIFY(isTold(u"channel:7"_s, u"ann"_s));
            m_seen.clear();
            lose(false, u"ann"_s);
        }
        QTRY_VERIFY(isTold(u"user:ann"_s, u"\"offline\""_s));
        QTRY_VERIFY(isTold(u"workspace:acme"_s, u"\"leaves\":{\"ann\""_s));
        QTRY_VERIFY(isTold(u"channel:7"_s, u"\"leaves\":{\"ann\""_s));
    }

    void whoLeavesALostListIsSeenToLeave_data()
    {
        QTest::addColumn<QStringList>("keys");
        QTest::addColumn<QString>("event");
        QTest::addColumn<QStringList>("topics");
        const QStringList channel{u"presence:channel:7"_s,         u"presence:channel:7:viewers"_s,
                                  u"presence:channel:7:devices"_s, u"typing:7"_s,
                                  u"presence:typing:7"_s,          u"presence:typing:7:devices"_s};
        QTest::newRow("the workspace") << QStringList{u"presence:workspace:acme"_s}
                                       << u"set_status"_s << QStringList{u"workspace:acme"_s};
        QTest::newRow("the viewers") << QStringList{u"presence:channel:7:viewers"_s}
                                     << u"leave_channel"_s << QStringList{u"channel:7"_s};
        QTest::newRow("the channel")
            << channel << u"leave_channel"_s << QStringList{u"channel:7"_s};
        QTest::newRow("both") << channel + QStringList{u"presence:workspace:acme"_s}
                              << u"set_status"_s
                              << QStringList{u"workspace:acme"_s, u"channel:7"_s};
    }
    // Before a heartbeat could put it there again.
    void whoLeavesALostListIsSeenToLeave()
    {
        QFETCH(QStringList, keys);
        QFETCH(QString, event);
        QFETCH(QStringList, topics);
        PhoenixClient ann(m_fixture->daemon.port(), tokenFor(u"ann"_s));
        QVERIFY(enter(ann, u"ann"_s, u"d"_s));
        const QJsonObject channel{{"channel_id"_L1, "7"_L1}};
        for (const QString &said : {u"join_channel"_s, u"typing_start"_s})
            QCOMPARE(ann.push(u"presence:ann"_s, said, channel)["status"_L1], "ok"_L1);
        watch({u"workspace:acme"_s, u"channel:7"_s});
        for (const QString &key : std::as_const(keys))
            m_fixture->cli({u"DEL"_s, key});
        m_seen.clear();
        const QJsonObject said
            = event == "set_status"_L1 ? QJsonObject{{"status"_L1, "invisible"_L1}} : channel;
        QCOMPARE(ann.push(u"presence:ann"_s, event, said)["status"_L1], "ok"_L1);
        for (const QString &topic : std::as_const(topics))
            QTRY_VERIFY(isTold(topic, u"\"leaves\":{\"ann\""_s));
    }

    // One of its connections says so when its node goes on.
    void whoMayBeInvisibleLooksAtNothing()
    {
        PhoenixClient first(m_fixture->daemon.port(), tokenFor(u"hero"_s));
        QVERIFY(enter(first, u"hero"_s, u"d1"_s));
        QCOMPARE(first.push(u"presence:hero"_s, u"set_status"_s,
                            {{"status"_L1, "invisible"_L1}})["status"_L1],
                 "ok"_L1);
        watch({u"workspace:acme"_s, u"channel:7"_s});
        m_seen.clear();
        m_fixture->daemon.freeze();
        lose(false, u"hero"_s);
        PhoenixClient second(m_two->port(), tokenFor(u"hero"_s));
        QVERIFY(enter(second, u"hero"_s, u"d2"_s));
        PhoenixClient fence(m_two->port(), tokenFor(u"fence"_s));
        QVERIFY(enter(fence, u"fence"_s, u"d"_s));
        for (auto *client : {&second, &fence}) {
            const QString topic = client == &second ? u"presence:hero"_s : u"presence:fence"_s;
            for (const QString &event : {u"join_channel"_s, u"typing_start"_s})
                QCOMPARE(client->push(topic, event, {{"channel_id"_L1, "7"_L1}})["status"_L1],
                         "ok"_L1);
        }
        m_fixture->daemon.thaw();
        const auto isInvisible
            = [](const QJsonObject &state) { return state["status"_L1] == "invisible"_L1; };
        QVERIFY(!second.next(u"presence:hero"_s, u"presence_state"_s, isInvisible).isEmpty());
        QTRY_VERIFY(isTold(u"channel:7"_s, u"fence"_s));
        for (const Seen &seen : std::as_const(m_seen))
            QVERIFY2(!seen.text.contains("hero"), seen.text.constData());
    }

    // Redis has lost the user, and refuses that it hides: it is as it was.
    void whoCouldNotHideIsSeen()
    {
        if (RedisDeployment::kindToTest() != RedisDeployment::Kind::Single)
            QSKIP("one server refuses");
        PhoenixClient ann(m_fixture->daemon.port(), tokenFor(u"ann"_s));
        QVERIFY(enter(ann, u"ann"_s, u"d"_s));
        watch({u"channel:7"_s});
        m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s});
        lose(false, u"ann"_s);
        const auto reply
            = ann.push(u"presence:ann"_s, u"set_status"_s, {{"status"_L1, "invisible"_L1}});
        m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
        QCOMPARE(reply["status"_L1], "error"_L1);
        QCOMPARE(ann.push(u"presence:ann"_s, u"join_channel"_s,
                          {{"channel_id"_L1, "7"_L1}})["status"_L1],
                 "ok"_L1);
        QTRY_VERIFY_WITH_TIMEOUT(isTold(u"channel:7"_s, u"\"joins\":{\"ann\""_s), 10'000);
    }

    // Whoever watches an erased user holds nothing of it, nor does who asks the same node later.
    void anErasedUserIsForgottenByItsWatchers()
    {
        {
            PhoenixClient eve(m_fixture->daemon.port(), tokenFor(u"eve"_s));
            QVERIFY(enter(eve, u"eve"_s, u"d"_s));
            QCOMPARE(eve.push(u"presence:eve"_s, u"set_status"_s,
                              {{"status"_L1, "busy"_L1},
                               {"custom_message"_L1, "secret"_L1}})["status"_L1],
                     "ok"_L1);
        }
        watch({u"user:eve"_s});
        RestClient root(m_fixture->daemon.port(), tokenFor(u"root"_s, {{"scope"_L1, "admin"_L1}}));
        m_seen.clear();
        QCOMPARE(root.del(u"/api/presence/users/eve"_s).status, 204);
        QTRY_VERIFY(isTold(u"user:eve"_s, u"\"last_seen\":null"_s));
        PhoenixClient late(m_two->port(), tokenFor(u"late"_s));
        QVERIFY(late.open());
        const QJsonObject held = late.join(u"user:eve"_s)["response"_L1].toObject();
        QCOMPARE(held["status"_L1], "offline"_L1);
        QVERIFY(held["custom_message"_L1].isNull() && held["last_seen"_L1].isNull());
    }

    // Nobody is told of a change that Redis does not take.
    void aRefusedChangeIsNotTold()
    {
        if (RedisDeployment::kindToTest() != RedisDeployment::Kind::Single)
            QSKIP("one server refuses");
        PhoenixClient ann(m_fixture->daemon.port(), tokenFor(u"ann"_s));
        QVERIFY(enter(ann, u"ann"_s, u"d"_s));
        watch({u"user:ann"_s, u"workspace:acme"_s});
        m_seen.clear();
        m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"1"_s});
        const auto reply = ann.push(u"presence:ann"_s, u"set_status"_s, {{"status"_L1, "busy"_L1}});
        m_fixture->cli({u"CONFIG"_s, u"SET"_s, u"maxmemory"_s, u"0"_s});
        QCOMPARE(reply["status"_L1], "error"_L1);
        QCOMPARE(
            ann.push(u"presence:ann"_s, u"set_status"_s, {{"status"_L1, "away"_L1}})["status"_L1],
            "ok"_L1);
        QTRY_VERIFY(isTold(u"user:ann"_s, u"\"away\""_s));
        QVERIFY(!isTold(u"user:ann"_s, u"\"busy\""_s));
    }

    // Whoever goes meanwhile is not there until the clock has caught up.
    void aClockThatIsSetBackKeepsNobody()
    {
        if (RedisDeployment::kindToTest() != RedisDeployment::Kind::Single)
            QSKIP("the clock of one server");
        cleanup();
        startNodes({{u"HEARTBEAT_INTERVAL"_s, u"500"_s},
                    {u"PRESENCE_TTL"_s, u"2"_s},
                    {u"TYPING_TTL"_s, u"3"_s}},
                   RedisServer::Options{.stoppedClock = true});
        m_fixture->redis.server(0).letClockRun();
        PhoenixClient bob(m_fixture->daemon.port(), tokenFor(u"bob"_s));
        QVERIFY(enter(bob, u"bob"_s, u"d"_s));
        PhoenixClient ann(m_two->port(), tokenFor(u"ann"_s));
        QVERIFY(enter(ann, u"ann"_s, u"d"_s));
        ann.push(u"presence:ann"_s, u"join_channel"_s, {{"channel_id"_L1, "7"_L1}});
        ann.push(u"presence:ann"_s, u"typing_start"_s, {{"channel_id"_L1, "7"_L1}});
        watch({u"workspace:acme"_s, u"user:bob"_s, u"channel:7"_s}, m_fixture->daemon.port());
        // Heard to come, should the machine be so slow that she is gone before the clock is set.
        RestClient rest(m_fixture->daemon.port(), tokenFor(u"rita"_s));
        QCOMPARE(rest.post(u"/api/presence/heartbeat"_s,
                           {{"device_id"_L1, "d"_L1}, {"workspace_id"_L1, "acme"_L1}})
                     .status,
                 204);
        QTRY_VERIFY_WITH_TIMEOUT(isTold(u"workspace:acme"_s, u"\"joins\":{\"rita\""_s), 10'000);
        QTRY_VERIFY(m_fixture->cli({u"EXISTS"_s, u"presence:sweeper:lease"_s}) == "1");
        m_fixture->redis.server(0).letClockRun(-1h);
        m_two->kill();
        // One diff may tell of both.
        const auto hasLeft = [this](const QByteArray &user) {
            return std::ranges::any_of(m_seen, [&](const Seen &seen) {
                const qsizetype leaves = seen.text.indexOf("\"leaves\":{");
                return seen.topic == "workspace:acme"_L1 && leaves >= 0
                    && seen.text.indexOf('"' + user + "\":{", leaves) >= 0;
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(hasLeft("ann"), 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(hasLeft("rita"), 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(isTold(u"channel:7"_s, u"\"action\":\"stop\""_s), 20'000);
        QVERIFY(!isTold(u"user:bob"_s, u"\"offline\""_s));
    }

private:
    void startNodes(const DaemonProcess::Environment &times,
                    const std::optional<RedisServer::Options> &options = {})
    {
        DaemonProcess::Environment environment{{u"NODE_NAME"_s, u"one"_s},
                                               {u"PRESENCE_DIFF_WINDOW"_s, u"0"_s}};
        environment.insert(times);
        m_fixture = std::make_unique<DaemonFixture>(environment, options);
        QVERIFY(m_fixture->start());
        environment.insert(u"NODE_NAME"_s, u"two"_s);
        m_two = std::make_unique<DaemonProcess>(m_fixture->with(environment));
        QVERIFY(m_two->start());
        m_seen.clear();
    }

    struct Seen
    {
        QString topic;
        QByteArray text;
    };

    static bool enter(PhoenixClient &client, const QString &user, const QString &device)
    {
        return client.open()
            && client.join(u"presence:"_s + user,
                           {{"device_id"_L1, device}, {"workspace_id"_L1, "acme"_L1}})["status"_L1]
            == "ok"_L1;
    }

    void watch(const QStringList &topics, quint16 port = 0)
    {
        m_watcher = std::make_unique<AsyncClient>(
            port != 0 ? port : m_two->port(), tokenFor(u"watcher"_s),
            [this](const QString &topic, const QString &event, const QJsonObject &payload) {
                const QJsonObject all{{"event"_L1, event}, {"payload"_L1, payload}};
                m_seen.append({topic, QJsonDocument(all).toJson(QJsonDocument::Compact)});
            });
        QStringList refs;
        for (const QString &topic : topics)
            refs.append(m_watcher->join(topic));
        for (const QString &ref : std::as_const(refs))
            QTRY_VERIFY(m_watcher->reply(ref));
        // The snapshots.
        QTRY_VERIFY(m_seen.size() >= topics.size());
    }

    bool isTold(const QString &topic, const QString &what) const
    {
        return std::ranges::any_of(m_seen, [&](const Seen &seen) {
            return seen.topic == topic && seen.text.contains(what.toUtf8());
        });
    }

    void lose(bool isAll, const QString &user)
    {
        m_fixture->cli(isAll ? QStringList{u"FLUSHALL"_s}
                             : QStringList{u"DEL"_s, u"presence:user:"_s + user});
    }

    std::unique_ptr<DaemonFixture> m_fixture;
    std::unique_ptr<DaemonProcess> m_two;
    std::unique_ptr<AsyncClient> m_watcher;
    QList<Seen> m_seen;
};

PRESENCE_TEST(TestLosses)
#include "tst_losses.moc"
