// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/redis/scriptedcluster.h"
#include "tests/support/testregistry.h"

#include <QElapsedTimer>
#include <QLoggingCategory>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using Words = ScriptedServer::Words;

/// The shortest pause between two refreshes, less what a coarse timer may take off.
static constexpr qint64 kRefreshPause = 90; // ms
static constexpr qint64 kRefreshPatience = 900; // ms

class TestRedirections : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void movedIsFollowedBeforeTheMapIsKnown_data() { waysToWrite(); }
    void movedIsFollowedBeforeTheMapIsKnown()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(begin(cluster, client));
        cluster.saysSlots = false;
        sendAway(cluster, 0, "MOVED", 1);
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[0].countOf("GET"), 1);
        QCOMPARE(cluster[1].countOf("GET"), 1);
        QCOMPARE(cluster[1].countOf("ASKING"), 0);
    }

    void theMapIsRefreshedBehindMoved()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        sendAway(cluster, 0, "MOVED", 1);
        cluster.giveAllTo(1);
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QTRY_COMPARE_WITH_TIMEOUT(*client.slotMap()->masterOf(slotOf(kFirstHalf)), cluster.at(1),
                                  kPatience);
        cluster[0].forget();
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[0].countOf("GET"), 0);
    }

    void oneRefreshIsUnderWayHoweverManyAreMoved()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.saysSlots = false;
        sendAway(cluster, 0, "MOVED", 1);
        const qsizetype before = cluster.refreshes();
        QElapsedTimer clock;
        clock.start();
        for (int round = 0; round < 20 || cluster.refreshes() == before; ++round) {
            const Answer<Client::Replies> answer;
            client.pipeline({}, std::vector<Command>(50, {"GET"_ba, kFirstHalf}), answer);
            QVERIFY(answer.wait() && *answer);
        }
        QVERIFY(cluster.refreshes() <= before + 1 + clock.elapsed() / kRefreshPatience);
    }

    void refreshesPauseHoweverManyAreMoved()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        sendAway(cluster, 0, "MOVED", 1);
        const qsizetype before = cluster.refreshes();
        QElapsedTimer clock;
        clock.start();
        while (cluster.refreshes() < before + 3)
            QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QVERIFY(clock.elapsed() >= 2 * kRefreshPause);
        QVERIFY(cluster[0].countOf("GET") > 3);
    }

    void movedWithoutAHostIsToTheSameHost()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&](const Words &) {
            return resp::error("MOVED " + QByteArray::number(slotOf(kFirstHalf)) + " :"
                               + QByteArray::number(cluster.at(1).port));
        });
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[1].countOf("GET"), 1);
    }

    void aNodeThatIsNotInTheMapIsFound_data()
    {
        QTest::addColumn<QByteArray>("kind");
        QTest::newRow("MOVED") << "MOVED"_ba;
        QTest::newRow("ASK") << "ASK"_ba;
    }
    void aNodeThatIsNotInTheMapIsFound()
    {
        QFETCH(QByteArray, kind);
        ScriptedCluster cluster(2);
        cluster.giveAllTo(0);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        sendAway(cluster, 0, kind, 1);
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[1].countOf("GET"), 1);
        QCOMPARE(cluster[1].before({"GET"_ba, kFirstHalf}).front(),
                 kind == "ASK" ? Words{"ASKING"_ba} : Words());
    }

    void nodesThatSendBackAndForthEndInAnAnswer()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        sendAway(cluster, 0, "MOVED", 1);
        sendAway(cluster, 1, "MOVED", 0);
        QElapsedTimer clock;
        clock.start();
        QVERIFY(get(client, kFirstHalf).startsWith("MOVED "));
        QVERIFY(clock.elapsed() >= Connection::kRetryWindow.count() / 2);
        // Not as fast as they can.
        QVERIFY(cluster[0].countOf("GET") + cluster[1].countOf("GET") < 150);
    }

    void nodesThatSendBackAndForthForAMomentAreWaitedFor()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        sendAway(cluster, 0, "MOVED", 1);
        cluster.answer(1, [&, left = 8](const Words &words) mutable {
            return left-- > 0 ? cluster.redirection("MOVED", words[1], 0) : resp::bulk("settled");
        });
        QCOMPARE(get(client, kFirstHalf), "settled"_ba);
    }

    void askingGoesRightBeforeEachCommand_data() { waysToWrite(); }
    void askingGoesRightBeforeEachCommand()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(begin(cluster, client));
        sendAway(cluster, 0, "ASK", 1);
        std::vector<Command> commands;
        for (const QByteArray &key : {"{b}1"_ba, kSecondHalf, "{b}2"_ba, kSecondHalf, "{b}3"_ba})
            commands.push_back({"GET"_ba, key});
        const Answer<Client::Replies> answer;
        client.pipeline({}, commands, answer);
        QVERIFY(answer.wait() && *answer);
        QByteArrayList replies;
        for (const Reply &reply : **answer)
            replies.append(reply.bytes());
        QCOMPARE(replies, (QByteArrayList{"{b}1", "a", "{b}2", "a", "{b}3"}));
        for (const QByteArray &key : {"{b}1"_ba, "{b}2"_ba, "{b}3"_ba})
            QCOMPARE(cluster[1].before({"GET"_ba, key}), std::vector{Words{"ASKING"_ba}});
        QCOMPARE(cluster[1].countOf("ASKING"), 3);
        QCOMPARE(cluster[0].countOf("ASKING"), 0);
    }

    void askDoesNotChangeTheMap()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        sendAway(cluster, 0, "ASK", 1);
        const qsizetype refreshes = cluster.refreshes();
        const SlotMap map = *client.slotMap();
        // For longer than a refresh would take to begin.
        QElapsedTimer clock;
        int asked = 0;
        for (clock.start(); clock.elapsed() < 2 * kRefreshPause; ++asked)
            QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[0].countOf("GET"), asked);
        QCOMPARE(cluster.refreshes(), refreshes);
        QVERIFY(*client.slotMap() == map);
    }

    void askThatIsMovedBackIsFollowed()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&, isFirst = true](const Words &words) mutable {
            return std::exchange(isFirst, false) ? cluster.redirection("ASK", words[1], 1)
                                                 : resp::bulk("stayed");
        });
        sendAway(cluster, 1, "MOVED", 0);
        QCOMPARE(get(client, kFirstHalf), "stayed"_ba);
        QCOMPARE(cluster[0].countOf("ASKING"), 0);
    }

    void aScriptThatTheImportingNodeDoesNotHaveIsSentThereAsText_data() { waysToWrite(); }
    void aScriptThatTheImportingNodeDoesNotHaveIsSentThereAsText()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(begin(cluster, client));
        cluster.answer(0, [&](const Words &) { return cluster.redirection("ASK", "b", 1); });
        cluster.answer(1, [&](const Words &words) {
            return words[0] == "EVALSHA" ? resp::error("NOSCRIPT No matching script.")
                                         : resp::bulk("ran");
        });
        const Script script("name"_ba, "return 1"_ba);
        const Answer<Reply> answer;
        client.eval(script, {kFirstHalf}, {"arg"_ba}, answer);
        QVERIFY(answer.wait());
        QCOMPARE(bytesOf(*answer), "ran"_ba);
        const Words asking{"ASKING"_ba};
        const Words whole{"EVAL"_ba, script.text(), "1"_ba, kFirstHalf, "arg"_ba};
        QCOMPARE(cluster[1].before({"EVALSHA"_ba, script.sha1(), "1"_ba, kFirstHalf, "arg"_ba}),
                 std::vector{asking});
        QCOMPARE(cluster[1].before(whole), std::vector{asking});
        QCOMPARE(cluster[0].countOf("EVAL"), 0);
        QCOMPARE(cluster[0].countOf("EVALSHA"), 1);
    }

    void aReplyMayDestroyTheClientWhileOthersAreRedirected_data()
    {
        QTest::addColumn<QByteArray>("kind");
        QTest::newRow("MOVED") << "MOVED"_ba;
        QTest::newRow("ASK") << "ASK"_ba;
    }
    void aReplyMayDestroyTheClientWhileOthersAreRedirected()
    {
        QFETCH(QByteArray, kind);
        ScriptedCluster cluster(2);
        auto client = std::make_unique<Client>(cluster.deployment());
        QVERIFY(waitUntilReady(*client));
        // Every other command is answered where it came.
        cluster.answer(0, [&, i = 0](const Words &words) mutable {
            return ++i % 2 ? cluster.redirection(kind, words[1], 1) : resp::bulk("here");
        });
        int called = 0;
        for (int i = 0; i < 100; ++i)
            client->command({}, {"GET"_ba, kFirstHalf}, [&](const Result<Reply> &) {
                ++called;
                client.reset();
            });
        QTRY_VERIFY_WITH_TIMEOUT(!client, kPatience);
        QTRY_COMPARE_WITH_TIMEOUT(cluster[0].connections() + cluster[1].connections(), 0,
                                  kPatience);
        QCOMPARE(called, 1);
    }

private:
    static void waysToWrite()
    {
        QTest::addColumn<bool>("trickles");
        QTest::newRow("in one piece") << false;
        QTest::newRow("byte by byte") << true;
    }

    static bool begin(ScriptedCluster &cluster, const Client &client)
    {
        QFETCH(bool, trickles);
        if (trickles)
            cluster.setTrickling();
        return waitUntilReady(client);
    }

    static void sendAway(ScriptedCluster &cluster, int from, const QByteArray &kind, int to)
    {
        cluster.answer(from, [&cluster, kind, to](const Words &words) {
            return cluster.redirection(kind, words[1], to);
        });
    }
};

PRESENCE_TEST(TestRedirections)
#include "tst_redis_redirections.moc"
