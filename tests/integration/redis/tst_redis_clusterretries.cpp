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

static const QByteArrayList kTransient{"TRYAGAIN Multiple keys request during rehashing of slot",
                                       "CLUSTERDOWN The cluster is down",
                                       "LOADING Redis is loading the dataset in memory",
                                       "MASTERDOWN Link with MASTER is down",
                                       "READONLY You can't write against a read only replica.",
                                       "MOVED 3300 ?:6379"};

class TestClusterRetries : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void transientErrorsAreRetried_data() { transientErrors(); }
    void transientErrorsAreRetried()
    {
        QFETCH(QByteArray, error);
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&, left = 3](const Words &) mutable {
            return left-- > 0 ? resp::error(error) : resp::bulk("passed");
        });
        QCOMPARE(get(client, kFirstHalf), "passed"_ba);
        QCOMPARE(cluster[0].countOf("GET"), 4);
    }

    void transientErrorsMayMeanANewMap_data() { transientErrors(); }
    void transientErrorsMayMeanANewMap()
    {
        QFETCH(QByteArray, error);
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&](const Words &) { return resp::error(error); });
        cluster.giveAllTo(1);
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[1].countOf("GET"), 1);
    }

    void whatDoesNotPassIsTheAnswerAfterTheRetryWindow()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&](const Words &words) { return resp::error(words.last()); });
        QElapsedTimer clock;
        clock.start();
        const std::vector<Answer<Reply>> answers(size_t(kTransient.size()));
        for (size_t i = 0; i < answers.size(); ++i)
            client.command({}, {"SET"_ba, kFirstHalf, kTransient[qsizetype(i)]}, answers[i]);
        for (size_t i = 0; i < answers.size(); ++i) {
            const QByteArray &error = kTransient[qsizetype(i)];
            QVERIFY(answers[i].wait());
            QCOMPARE(bytesOf(*answers[i]), error);
            // The first some times, and not as fast as it can; the others wait for it.
            const qsizetype times = cluster[0].count({"SET"_ba, kFirstHalf, error});
            if (i == 0)
                QVERIFY2(times > 3 && times < 40, qPrintable(QString::number(times)));
            else
                QCOMPARE(times, 2);
        }
        QVERIFY(clock.elapsed() >= Connection::kRetryWindow.count());
    }

    void aSlotThatIsLostForLongIsTriedOnceACommand()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        bool isLost = true;
        cluster.answer(0, [&](const Words &words) {
            return isLost ? resp::error("CLUSTERDOWN") : resp::bulk(words.last());
        });
        QCOMPARE(get(client, kFirstHalf), "CLUSTERDOWN"_ba);
        cluster[0].forget();
        QCOMPARE(get(client, kFirstHalf), "CLUSTERDOWN"_ba);
        QCOMPARE(cluster[0].countOf("GET"), 1);
        // The retry window of one slot says nothing of another's.
        cluster[0].forget();
        QCOMPARE(get(client, kNeighbour), "CLUSTERDOWN"_ba);
        QVERIFY(cluster[0].countOf("GET") > 3);
        // Found again, it has a retry window again.
        isLost = false;
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        isLost = true;
        cluster[0].forget();
        QCOMPARE(get(client, kFirstHalf), "CLUSTERDOWN"_ba);
        QVERIFY(cluster[0].countOf("GET") > 3);
    }

    void aClientIsIdleWhenNothingIsDue()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(client.isIdle());
        const Answer<Reply> waiting;
        client.command({}, {"GET"_ba, kFirstHalf}, waiting);
        QVERIFY(!client.isIdle()); // for the map
        QVERIFY(waiting.wait() && client.isIdle());
        cluster.answer(0, [isFirst = true](const Words &words) mutable {
            return std::exchange(isFirst, false) ? resp::error("TRYAGAIN") : resp::bulk(words[1]);
        });
        const Answer<Reply> retried;
        client.command({}, {"GET"_ba, kFirstHalf}, retried);
        while (!retried.isThere()) {
            QVERIFY(!client.isIdle());
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        }
        QVERIFY(client.isIdle());
        QCOMPARE(cluster[0].countOf("GET"), 3);
    }

    void whatDoesNotPassIsTheAnswerAtOnce_data()
    {
        QTest::addColumn<QByteArray>("error");
        QTest::newRow("CROSSSLOT") << "CROSSSLOT Keys in request don't hash to the same slot"_ba;
        QTest::newRow("MISCONF") << "MISCONF Redis is configured to save RDB snapshots"_ba;
        QTest::newRow("WRONGTYPE") << "WRONGTYPE Operation against a key holding the wrong kind"_ba;
        QTest::newRow("ERR") << "ERR TRYAGAIN"_ba;
        QTest::newRow("longer word") << "TRYAGAINLATER"_ba;
        QTest::newRow("NOAUTH") << "NOAUTH Authentication required."_ba;
    }
    void whatDoesNotPassIsTheAnswerAtOnce()
    {
        QFETCH(QByteArray, error);
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [&](const Words &) { return resp::error(error); });
        const Result<Reply> reply = ask(client, {"GET"_ba, kFirstHalf});
        QVERIFY(reply && reply->isError());
        QCOMPARE(reply->bytes(), error);
        QCOMPARE(cluster[0].countOf("GET"), 1);
    }

    void triesBehindAskDoNotUseUpTheRedirections()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0,
                       [&](const Words &words) { return cluster.redirection("ASK", words[1], 1); });
        // More often than a command may be redirected in one go.
        cluster.answer(1, [left = 6](const Words &) mutable {
            return left-- > 0 ? resp::error("TRYAGAIN") : resp::bulk("whole");
        });
        QCOMPARE(bytesOf(ask(client, {"MGET"_ba, "{b}1"_ba, "{b}2"_ba})), "whole"_ba);
        QCOMPARE(cluster[1].countOf("ASKING"), 7);
    }

    void aPipelineKeepsItsOrderWhenOneIsTriedAgain()
    {
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        cluster.answer(0, [isFirst = true](const Words &words) mutable {
            return std::exchange(isFirst, false) ? resp::error("TRYAGAIN") : resp::bulk(words[1]);
        });
        const Answer<Client::Replies> answer;
        client.pipeline({}, {Command{"GET"_ba, "{b}1"_ba}, Command{"GET"_ba, "{b}2"_ba}}, answer);
        QVERIFY(answer.wait() && *answer);
        QCOMPARE((**answer)[0].bytes(), "{b}1"_ba);
        QCOMPARE((**answer)[1].bytes(), "{b}2"_ba);
    }

    void commandsOfASlotKeepTheirOrderWhenTheyAreTriedAgain_data() { transientErrors(); }
    void commandsOfASlotKeepTheirOrderWhenTheyAreTriedAgain()
    {
        QFETCH(QByteArray, error);
        ScriptedCluster cluster(2);
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        // All that is in flight, and the first a few times more.
        QByteArrayList done;
        cluster.answer(0, [&, left = 9](const Words &words) mutable {
            if (left-- > 0)
                return resp::error(error);
            done.append(words.last());
            return resp::ok();
        });
        const std::vector<Answer<Reply>> answers(12);
        QByteArrayList sent;
        for (size_t i = 0; i < answers.size(); ++i) {
            sent.append(QByteArray::number(qulonglong(i)));
            client.command({}, {"SET"_ba, kFirstHalf, sent.last()}, answers[i]);
            // Some come while the first is tried again.
            if (i == 5)
                QTRY_VERIFY_WITH_TIMEOUT(cluster[0].countOf("SET") >= 7, kPatience);
        }
        for (const auto &answer : answers)
            QVERIFY(answer.wait() && *answer && !(*answer)->isError());
        QCOMPARE(done, sent);
        QVERIFY(client.isIdle());
    }

    void whatIsToBeTriedAgainIsDroppedWithTheClient()
    {
        ScriptedCluster cluster(2);
        bool called = false;
        auto client = std::make_unique<Client>(cluster.deployment());
        QVERIFY(waitUntilReady(*client));
        cluster.answer(0, [&](const Words &) { return resp::error("TRYAGAIN"); });
        client->command({}, {"GET"_ba, kFirstHalf}, [&](const Result<Reply> &) { called = true; });
        QTRY_VERIFY_WITH_TIMEOUT(cluster[0].countOf("GET") >= 2, kPatience);
        client.reset();
        QTRY_COMPARE_WITH_TIMEOUT(cluster[0].connections(), 0, kPatience);
        QVERIFY(!called);
    }

private:
    static void transientErrors()
    {
        QTest::addColumn<QByteArray>("error");
        for (const QByteArray &error : kTransient)
            QTest::newRow(error.split(' ').front().constData()) << error;
    }
};

PRESENCE_TEST(TestClusterRetries)
#include "tst_redis_clusterretries.moc"
