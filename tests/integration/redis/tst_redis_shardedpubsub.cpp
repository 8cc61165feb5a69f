// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/redis/scriptedpubsub.h"
#include "tests/support/testregistry.h"

#include <QLoggingCategory>
#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using Words = ScriptedServer::Words;

class TestShardedPubSub : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void channelsAreSubscribedWhereTheirSlotIs_data()
    {
        QTest::addColumn<bool>("trickles");
        QTest::newRow("in one piece") << false;
        QTest::newRow("byte by byte") << true;
    }
    void channelsAreSubscribedWhereTheirSlotIs()
    {
        QFETCH(bool, trickles);
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        QVERIFY(eventually([&] { return subscriber.isReady(); }));
        if (trickles)
            cluster.setTrickling();
        Acknowledged acknowledged(subscriber);
        QSignalSpy message(&subscriber, &Subscriber::message);
        for (const QByteArray &channel : {kFirstHalf, kSecondHalf, "{b}1"_ba, kNeighbour})
            subscriber.subscribe(channel);
        QVERIFY(acknowledged.wait({kFirstHalf, kSecondHalf, "{b}1"_ba, kNeighbour}));
        // A command of channels of several slots would be refused.
        QCOMPARE(cluster[0].countOf("SSUBSCRIBE"), 3);
        for (const QByteArray &channel : {kFirstHalf, "{b}1"_ba, kNeighbour})
            QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, channel}), 1);
        QCOMPARE(cluster[1].countOf("SSUBSCRIBE"), 1);
        QCOMPARE(cluster[1].count({"SSUBSCRIBE"_ba, kSecondHalf}), 1);
        cluster.publish(0, "{b}1"_ba, "one"_ba);
        cluster.publish(1, kSecondHalf, "two"_ba);
        QVERIFY(eventually([&] { return message.count() == 2; }));
    }

    void channelsWaitForTheFirstMap()
    {
        ScriptedPubSub cluster(2);
        cluster.saysSlots = false;
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        subscriber.subscribe(kSecondHalf);
        QVERIFY(eventually([&] { return cluster.refreshes() > 0; }));
        subscriber.unsubscribe(kNeighbour);
        QVERIFY(!subscriber.isReady());
        cluster.saysSlots = true;
        QVERIFY(acknowledged.wait({kFirstHalf, kSecondHalf}));
        QCOMPARE(cluster[0].countOf("SSUBSCRIBE"), 1);
    }

    void subscribingAgainIsAcknowledgedAgain()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        subscriber.subscribe(kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, kFirstHalf}), 2);
    }

    void nothingArrivesAfterUnsubscribing()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        QSignalSpy message(&subscriber, &Subscriber::message);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        subscriber.unsubscribe(kFirstHalf);
        cluster.publish(0, kFirstHalf, "late"_ba);
        cluster.publish(0, kNeighbour, "end"_ba);
        QVERIFY(eventually([&] { return !message.isEmpty(); }));
        QCOMPARE(message.at(0).at(0).toByteArray(), kNeighbour);
        QVERIFY(eventually([&] { return cluster[0].count({"SUNSUBSCRIBE"_ba, kFirstHalf}) == 1; }));
    }

    void movedIsFollowedByTheMap()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        QVERIFY(eventually([&] { return subscriber.isReady(); }));
        Acknowledged acknowledged(subscriber);
        cluster.moveSlotOf(kFirstHalf, 1);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        QCOMPARE(cluster[1].count({"SSUBSCRIBE"_ba, kFirstHalf}), 1);
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, kNeighbour}), 1);
    }

    void aMapThatLagsBehindMovedIsAskedForAgain()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        QVERIFY(eventually([&] { return subscriber.isReady(); }));
        Acknowledged acknowledged(subscriber);
        cluster.hear(0, [&](const Words &) { return cluster.redirection("MOVED", kFirstHalf, 1); });
        const qsizetype refreshes = cluster.refreshes();
        subscriber.subscribe(kFirstHalf);
        QVERIFY(eventually([&] { return cluster.refreshes() >= refreshes + 2; }));
        QVERIFY(cluster[0].count({"SSUBSCRIBE"_ba, kFirstHalf}) >= 2);
        cluster.moveSlotOf(kFirstHalf, 1);
        QVERIFY(acknowledged.wait({kFirstHalf}));
    }

    void aSlotThatMovesIsSubscribedAgainWhereItIs()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        QSignalSpy message(&subscriber, &Subscriber::message);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        cluster.moveSlotOf(kFirstHalf, 1);
        cluster.unsubscribeByServer(0, kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        QCOMPARE(cluster[1].count({"SSUBSCRIBE"_ba, kFirstHalf}), 1);
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, kNeighbour}), 1);
        cluster.publish(1, kFirstHalf, "here"_ba);
        QVERIFY(eventually([&] { return message.count() == 1; }));
    }

    void aNodeThatLeavesTheMapIsLeft()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        cluster.giveAllTo(1);
        // The server unsubscribes one, and the map that is asked for then moves both.
        cluster.unsubscribeByServer(0, kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        QCOMPARE(cluster[1].countOf("SSUBSCRIBE"), 2);
        QVERIFY(eventually([&] { return cluster[0].connections() == 0; }));
        QVERIFY(subscriber.isReady());
    }

    void whatPutsOutAChannelThatIsNotWantedIsIgnored()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        subscriber.unsubscribe(kFirstHalf);
        cluster.unsubscribeByServer(0, kFirstHalf);
        QVERIFY(eventually([&] { return cluster[0].count({"SUNSUBSCRIBE"_ba, kFirstHalf}) == 1; }));
        subscriber.subscribe(kNeighbour);
        QVERIFY(acknowledged.wait({kNeighbour}));
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, kFirstHalf}), 1);
    }
};

PRESENCE_TEST(TestShardedPubSub)
#include "tst_redis_shardedpubsub.moc"
