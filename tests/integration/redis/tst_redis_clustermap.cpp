// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/redis/scriptedcluster.h"
#include "tests/support/testregistry.h"

#include <QElapsedTimer>
#include <QLoggingCategory>
#include <QSignalSpy>

#include <algorithm>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using Words = ScriptedServer::Words;

class TestClusterMap : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void commandsWaitForTheFirstMap()
    {
        ScriptedCluster cluster(2);
        cluster.saysSlots = false;
        Client client(cluster.deployment());
        const Answer<Reply> first;
        const Answer<Reply> second;
        client.command({}, {"GET"_ba, kFirstHalf}, first);
        client.command({}, {"GET"_ba, kSecondHalf}, second);
        QVERIFY(eventually([&] { return cluster.refreshes() > 0; }));
        QVERIFY(!first.isThere() && !second.isThere());
        cluster.saysSlots = true;
        QVERIFY(first.wait() && second.wait());
        QCOMPARE(bytesOf(*first), kFirstHalf);
        QCOMPARE(bytesOf(*second), kSecondHalf);
        QCOMPARE(cluster[0].countOf("GET"), 1);
        QCOMPARE(cluster[1].countOf("GET"), 1);
    }

    // No decimal number below 65,536 is in this slot.
    void aMasterWithOneSlotHasARoute()
    {
        constexpr int kSlot = 43;
        ScriptedCluster cluster(2);
        cluster.ranges = {{0, kSlot - 1, cluster.at(0)},
                          {kSlot, kSlot, cluster.at(1)},
                          {kSlot + 1, kSlots - 1, cluster.at(0)}};
        Client client(cluster.deployment());
        QVERIFY(eventually([&] { return client.isReady(); }));
        std::vector<Address> reached;
        for (const QByteArray &route : client.routes())
            reached.push_back(*client.slotMap()->masterOf(slotOf(route)));
        std::ranges::sort(reached);
        std::vector expected{cluster.at(0), cluster.at(1)};
        std::ranges::sort(expected);
        QVERIFY(reached == expected);
    }

    void commandsFailAfterTheRetryWindowWithoutAMap()
    {
        ScriptedCluster cluster(1);
        cluster[0].die();
        Client client(cluster.deployment());
        QElapsedTimer clock;
        clock.start();
        const Answer<Reply> answer;
        client.command({}, {"GET"_ba, kFirstHalf}, answer);
        QVERIFY(failedWith(answer, ErrorCode::Unavailable));
        QVERIFY(clock.elapsed() >= Connection::kRetryWindow.count());
        QVERIFY(!client.isReady());
    }

    void anOutageOfAllNodesIsToldOnce()
    {
        static int warnings = 0;
        QLoggingCategory::setFilterRules({});
        const auto before = qInstallMessageHandler([](auto, const auto &, const QString &text) {
            warnings += text.contains(u"where its slots are"_s);
        });
        ScriptedCluster cluster(1);
        cluster[0].script = [](const Words &) { return resp::error("ERR no cluster"); };
        Client client(cluster.deployment());
        QVERIFY(eventually([&] { return cluster.refreshes() >= 4; }));
        qInstallMessageHandler(before);
        initTestCase();
        QCOMPARE(warnings, 1);
    }

    void theSeedsAreAskedWhenAllKnownNodesAreDead()
    {
        ScriptedCluster cluster(3);
        cluster.giveAllTo(1); // what the seed says, which is no master itself
        Client client(cluster.deployment());
        QVERIFY(waitUntilReady(client));
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        cluster.giveAllTo(2);
        cluster[1].die();
        QVERIFY(eventually(
            [&] { return *client.slotMap()->masterOf(slotOf(kFirstHalf)) == cluster.at(2); }));
        QCOMPARE(get(client, kFirstHalf), kFirstHalf);
        QCOMPARE(cluster[2].countOf("GET"), 1);
    }

    void aSeedThatHangsIsPassedOver()
    {
        ScriptedCluster cluster(2);
        cluster[1].isSilent = true; // asked first
        cluster.giveAllTo(0);
        Client client(cluster.deployment(2));
        QVERIFY(waitUntilReady(client));
    }

    void aNodeThatKnowsNoSlotIsPassedOver()
    {
        ScriptedCluster cluster(2);
        cluster[1].script = [](const Words &) { return resp::array({}); }; // asked first
        Client client(cluster.deployment(2));
        QVERIFY(waitUntilReady(client));
    }

    void aSlotThatNobodyServesIsWaitedForAndRefused()
    {
        ScriptedCluster cluster(2);
        cluster.ranges.erase(cluster.ranges.begin());
        Client client(cluster.deployment());
        QElapsedTimer clock;
        clock.start();
        QCOMPARE(get(client, kSecondHalf), kSecondHalf);
        const Answer<Reply> answer;
        client.command({}, {"GET"_ba, kFirstHalf}, answer);
        QVERIFY(failedWith(answer, ErrorCode::Unavailable));
        QVERIFY((*answer).error().detail.contains(u"no node of the cluster"_s));
        QVERIFY(clock.elapsed() >= Connection::kRetryWindow.count());
        QVERIFY(!client.isReady());
        // It asked for a newer map, but not all the time.
        QVERIFY(cluster.refreshes() > 1);
        QVERIFY(cluster.refreshes() < 40);
    }

    void aSlotThatSomebodyServesInTimeIsWaitedFor()
    {
        ScriptedCluster cluster(2);
        const auto full = cluster.ranges;
        cluster.ranges.erase(cluster.ranges.begin());
        Client client(cluster.deployment());
        QCOMPARE(get(client, kSecondHalf), kSecondHalf);
        const Answer<Reply> answer;
        client.command({}, {"GET"_ba, kFirstHalf}, answer);
        cluster.ranges = full;
        QVERIFY(answer.wait());
        QCOMPARE(bytesOf(*answer), kFirstHalf);
        QVERIFY(waitUntilReady(client));
    }

    void aNewMapMayLoseOrCompleteTheCluster()
    {
        ScriptedCluster cluster(2);
        const auto full = cluster.ranges;
        Client client(cluster.deployment());
        QSignalSpy ready(&client, &Client::ready);
        QSignalSpy lost(&client, &Client::lost);
        QVERIFY(waitUntilReady(client));
        askForTheMap(cluster, client, {full[1]});
        QVERIFY(eventually([&] { return lost.count() == 1; }));
        askForTheMap(cluster, client, full);
        QVERIFY(eventually([&] { return ready.count() == 2; }));
    }

    // The signal comes out of the answer with the map.
    void theSlotOfALossByANewMapMayDestroyTheClient()
    {
        ScriptedCluster cluster(2);
        auto client = std::make_unique<Client>(cluster.deployment());
        QVERIFY(waitUntilReady(*client));
        connect(client.get(), &Client::lost, this, [&] { client.reset(); });
        askForTheMap(cluster, *client, {cluster.ranges[1]});
        QVERIFY(eventually([&] { return !client; }));
    }

private:
    /// Makes `client` ask for the map, which is `ranges` from now on.
    static void askForTheMap(ScriptedCluster &cluster, Client &client,
                             std::vector<ScriptedCluster::Range> ranges)
    {
        cluster.ranges = std::move(ranges);
        cluster.answer(1, [isFirst = true](const Words &words) mutable {
            return std::exchange(isFirst, false) ? resp::error("TRYAGAIN") : resp::bulk(words[1]);
        });
        client.command({}, {"GET"_ba, kSecondHalf}, {});
    }
};

PRESENCE_TEST(TestClusterMap)
#include "tst_redis_clustermap.moc"
