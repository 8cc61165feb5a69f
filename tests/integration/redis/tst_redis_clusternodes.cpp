// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/redis/scriptedcluster.h"
#include "tests/support/testregistry.h"

#include <QLoggingCategory>
#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Words = ScriptedServer::Words;

static QByteArrayList bytesOf(const Client::Replies &replies)
{
    QByteArrayList all;
    for (const Reply &reply : replies)
        all.append(reply.bytes());
    return all;
}

class TestClusterNodes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void aPipelineIsSplitAndItsRepliesAreInOrder_data()
    {
        QTest::addColumn<bool>("trickles");
        QTest::newRow("in one piece") << false;
        QTest::newRow("byte by byte") << true;
    }
    void aPipelineIsSplitAndItsRepliesAreInOrder()
    {
        QFETCH(bool, trickles);
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        if (trickles)
            cluster.setTrickling();
        cluster.answer(0, [](const Words &) { return QByteArray(); });
        const Answer<Client::Replies> answer;
        client.pipeline({},
                        {{"GET"_ba, "{b}1"_ba},
                         {"GET"_ba, "{a}2"_ba},
                         {"GET"_ba, "{a}3"_ba},
                         {"GET"_ba, "{b}4"_ba},
                         {"GET"_ba, "{a}5"_ba}},
                        answer);
        // The first node answers last, when the second has for long.
        QVERIFY(eventually([&] { return cluster[0].countOf("GET") == 2; }));
        QCOMPARE(test::get(client, "{a}6"_ba), "{a}6"_ba);
        QVERIFY(!answer.isThere());
        cluster[0].sayTo({"GET"_ba}, resp::bulk("{b}1") + resp::bulk("{b}4"));
        QVERIFY(answer.wait() && *answer);
        QCOMPARE(bytesOf(**answer), (QByteArrayList{"{b}1", "{a}2", "{a}3", "{b}4", "{a}5"}));
        QCOMPARE(cluster[1].countOf("GET"), 4);
    }

    void anEmptyPipelineIsAnswered()
    {
        ScriptedCluster cluster(1);
        Client client(cluster.deployment());
        const Answer<Client::Replies> answer;
        client.pipeline({}, {}, answer);
        QVERIFY(answer.wait() && *answer && (*answer)->empty());
    }

    void whatBreaksOffInAReplyIsNotSentAgain()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment(2));
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [](const Words &) { return "$5\r\nhe"_ba; });
        const Answer<Reply> broken;
        client.command({}, {"SET"_ba, kFirstHalf, "1"_ba}, broken);
        QVERIFY(eventually([&] { return cluster[0].countOf("SET") == 1; }));
        cluster[0].hangUp();
        QVERIFY(failedWith(broken, ErrorCode::Unavailable));
        cluster.answer(0, [](const Words &) { return resp::bulk("back"); });
        QCOMPARE(test::get(client, kFirstHalf), "back"_ba);
        QCOMPARE(cluster[0].countOf("SET"), 1);
        QCOMPARE(cluster[1].countOf("SET"), 0);
        QCOMPARE(client.counters().reconnects, quint64(1));
    }

    void aNodeThatHasLeftTheMapStillAnswers()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&](const Words &words) {
            return words[1] == "slow{b}" ? QByteArray() : cluster.redirection("MOVED", words[1], 1);
        });
        const Answer<Reply> moved;
        const Answer<Reply> slow;
        client.command({}, {"GET"_ba, kFirstHalf}, moved);
        client.command({}, {"GET"_ba, "slow{b}"_ba}, slow);
        cluster.giveAllTo(1);
        QVERIFY(moved.wait());
        QVERIFY(eventually([&] { return client.slotMap()->masters().size() == 1; }));
        QCOMPARE(test::get(client, kFirstHalf), kFirstHalf);
        QVERIFY(!slow.isThere());
        cluster[0].sayTo({"GET"_ba}, resp::bulk("late"));
        QVERIFY(slow.wait());
        QCOMPARE(test::bytesOf(*slow), "late"_ba);
        // Then it is left.
        QVERIFY(eventually([&] { return cluster[0].connections() == 0; }));
        QVERIFY(client.isReady());
        QCOMPARE(client.counters().commands, quint64(4)); // the redirected one twice
    }

    void aNodeThatHasLeftTheMapMayStillRedirect()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [](const Words &) { return QByteArray(); });
        const Answer<Reply> answer;
        client.command({}, {"GET"_ba, kFirstHalf}, answer);
        QVERIFY(eventually([&] { return cluster[0].countOf("GET") == 1; }));
        cluster.giveAllTo(1);
        cluster.answer(1, [&, isFirst = true](const Words &words) mutable {
            return std::exchange(isFirst, false) ? resp::error("TRYAGAIN") : resp::bulk(words[1]);
        });
        QCOMPARE(test::get(client, kSecondHalf), kSecondHalf); // which asks for the map
        QVERIFY(eventually([&] { return client.slotMap()->masters().size() == 1; }));
        cluster[0].sayTo({"GET"_ba}, cluster.redirection("MOVED", kFirstHalf, 1));
        QVERIFY(answer.wait());
        QCOMPARE(test::bytesOf(*answer), kFirstHalf);
    }

    void whatWaitsForADeadMasterGoesToItsSuccessor()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment(2));
        QVERIFY(waitUntilReady(client));
        cluster[0].die();
        QVERIFY(eventually([&] { return !client.isReady(); }));
        const std::vector<Answer<Reply>> answers(3);
        for (const auto &answer : answers)
            client.command({}, {"GET"_ba, kFirstHalf}, answer);
        cluster.giveAllTo(1);
        for (const auto &answer : answers) {
            QVERIFY(answer.wait());
            QCOMPARE(bytesOf(*answer), kFirstHalf);
        }
        QCOMPARE(cluster[1].countOf("GET"), 3);
        QVERIFY(client.isIdle());
    }

    void aNodeThatIsNoneOfTheMapsIsLeftWhenItOwesNothing()
    {
        ScriptedCluster cluster(2);
        ScriptedServer stranger;
        stranger.script = [](const Words &words) { return resp::bulk(words.value(1)); };
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&](const Words &words) {
            return resp::error("ASK " + QByteArray::number(slotOf(words[1])) + ' '
                               + stranger.place());
        });
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(stranger.countOf("GET"), 1);
        QVERIFY(eventually([&] { return stranger.connections() == 0; }));
    }

    void aMasterThatNeverComesIsAskedAfter()
    {
        ScriptedCluster cluster(2);
        cluster[1].die();
        Client client(cluster.deployment());
        // Without a command that fails, and more often than now and then.
        QVERIFY(eventually([&] { return cluster.refreshes() >= 3; }));
        QVERIFY(!client.isReady());
        cluster.giveAllTo(0);
        QVERIFY(waitUntilReady(client));
    }

    void aNodeThatStopsAnsweringTimesOutAlone()
    {
        ScriptedCluster cluster(2);
        Deployment deployment = cluster.deployment(2);
        deployment.server.commandTimeout = 300ms;
        Client client(deployment);
        QVERIFY(waitUntilReady(client));
        cluster[0].isSilent = true;
        QSignalSpy lost(&client, &Client::lost);
        const Answer<Reply> answer;
        client.command({}, {"SET"_ba, kFirstHalf, "1"_ba}, answer);
        QCOMPARE(test::get(client, kSecondHalf), kSecondHalf);
        QVERIFY(failedWith(answer, ErrorCode::Timeout));
        QCOMPARE(lost.count(), 1);
        QCOMPARE(test::get(client, kSecondHalf), kSecondHalf);
        QCOMPARE(cluster[0].countOf("SET"), 1);
    }

    void aNodeThatNeverAnswersIsAway()
    {
        ScriptedCluster cluster(2);
        cluster[1].isSilent = true;
        Deployment deployment = cluster.deployment();
        deployment.server.commandTimeout = 300ms;
        Client client(deployment);
        const Answer<Reply> answer;
        client.command({}, {"SET"_ba, kSecondHalf, "1"_ba}, answer);
        QCOMPARE(test::get(client, kFirstHalf), kFirstHalf);
        QVERIFY(failedWith(answer, ErrorCode::Unavailable));
        QVERIFY(!client.isReady());
        QCOMPARE(cluster[1].countOf("SET"), 0);
    }

    void theSlotOfALostNodeMayDestroyTheClient()
    {
        ScriptedCluster cluster(2);
        auto client = std::make_unique<Client>(cluster.deployment());
        QVERIFY(waitUntilReady(*client));
        cluster.answer(0, [](const Words &) { return QByteArray(); });
        int called = 0;
        client->command({}, {"GET"_ba, kFirstHalf}, [&](const auto &) { ++called; });
        QVERIFY(eventually([&] { return cluster[0].countOf("GET") == 1; }));
        connect(client.get(), &Client::lost, this, [&] { client.reset(); });
        cluster[0].die();
        QVERIFY(eventually([&] { return !client; }));
        QCOMPARE(called, 0);
    }

    void aFailureMayDestroyTheClient()
    {
        ScriptedCluster cluster(2);
        auto client = std::make_unique<Client>(cluster.deployment());
        QVERIFY(waitUntilReady(*client));
        cluster.answer(0, [](const Words &) { return QByteArray(); });
        int called = 0;
        for (int i = 0; i < 10; ++i)
            client->command({}, {"GET"_ba, kFirstHalf}, [&](const auto &) {
                ++called;
                client.reset();
            });
        QVERIFY(eventually([&] { return cluster[0].countOf("GET") == 10; }));
        cluster[0].die();
        QVERIFY(eventually([&] { return !client; }));
        QCOMPARE(called, 1);
    }
};

PRESENCE_TEST(TestClusterNodes)
#include "tst_redis_clusternodes.moc"
