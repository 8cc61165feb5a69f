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
using namespace std::chrono_literals;
using Words = ScriptedServer::Words;

/// Refuses the first SSUBSCRIBEs with `error`.
static ScriptedServer::Script refusing(const QByteArray &error, int times)
{
    return [error, left = times](const Words &words) mutable {
        return left-- > 0 ? resp::error(error) : resp::acknowledge(words);
    };
}

class TestPubSubFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void whatIsRefusedIsTriedAgain_data()
    {
        QTest::addColumn<QByteArray>("error");
        QTest::addColumn<bool>("isCluster");
        for (const bool isCluster : {false, true}) {
            const char *where = isCluster ? "cluster" : "single";
            QTest::addRow("%s, CLUSTERDOWN", where)
                << "CLUSTERDOWN The cluster is down"_ba << isCluster;
            QTest::addRow("%s, BUSY", where)
                << "BUSY Redis is busy running a script."_ba << isCluster;
            QTest::addRow("%s, NOPERM", where)
                << "NOPERM No permissions to access a channel"_ba << isCluster;
        }
    }
    void whatIsRefusedIsTriedAgain()
    {
        QFETCH(QByteArray, error);
        QFETCH(bool, isCluster);
        ScriptedPubSub cluster(2);
        cluster.hear(0, refusing(error, 3));
        Subscriber subscriber(isCluster ? cluster.deployment() : singleOf(cluster[0]));
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, kFirstHalf}), 4);
    }

    void whatIsRefusedMayBeGivenUp_data()
    {
        QTest::addColumn<bool>("isCluster");
        QTest::newRow("single") << false;
        QTest::newRow("cluster") << true;
    }
    void whatIsRefusedMayBeGivenUp()
    {
        QFETCH(bool, isCluster);
        ScriptedPubSub cluster(2);
        cluster.hear(0, refusing("BUSY Redis is busy running a script.", 5));
        Subscriber subscriber(isCluster ? cluster.deployment() : singleOf(cluster[0]));
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe("{b}given up"_ba);
        QVERIFY(eventually([&] { return cluster[0].countOf("SSUBSCRIBE") == 2; }));
        subscriber.unsubscribe("{b}given up"_ba);
        subscriber.subscribe(kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, "{b}given up"_ba}), 2);
        QCOMPARE(cluster[0].count({"SSUBSCRIBE"_ba, kFirstHalf}), 4);
    }

    void aRefusalIsToldOnce()
    {
        static int warnings = 0;
        QLoggingCategory::setFilterRules({});
        const auto before = qInstallMessageHandler([](auto, const auto &, const QString &text) {
            warnings += text.contains(u"NOPERM"_s);
        });
        ScriptedPubSub server(1);
        server.hear(0, refusing("NOPERM No permissions", 3));
        Subscriber subscriber(singleOf(server[0]));
        Acknowledged acknowledged(subscriber);
        for (const QByteArray &channel : {"a"_ba, "b"_ba, "c"_ba})
            subscriber.subscribe(channel);
        const bool isThere = acknowledged.wait({"a"_ba, "b"_ba, "c"_ba});
        qInstallMessageHandler(before);
        initTestCase();
        QVERIFY(isThere);
        QCOMPARE(server[0].countOf("SSUBSCRIBE"), 4);
        QCOMPARE(warnings, 1);
    }

    // A server that runs a long script answers so to whatever comes.
    void aPingThatIsRefusedIsNoRefusalOfAChannel()
    {
        ScriptedPubSub server(1);
        server.hear(0, [](const Words &) { return QByteArray(); });
        Deployment deployment = singleOf(server[0]);
        deployment.server.commandTimeout = 400ms;
        Subscriber subscriber(deployment);
        Acknowledged acknowledged(subscriber);
        QVERIFY(eventually([&] { return subscriber.isReady(); }));
        server[0].pong = resp::error("BUSY Redis is busy running a script.");
        const int pings = server[0].pings();
        QVERIFY(eventually([&] { return server[0].pings() > pings; }));
        subscriber.subscribe("a"_ba);
        QVERIFY(eventually([&] { return server[0].countOf("SSUBSCRIBE") == 1; }));
        server[0].sayTo({"SSUBSCRIBE"_ba}, resp::acknowledge({"SSUBSCRIBE"_ba, "a"_ba}));
        QVERIFY(acknowledged.wait({"a"_ba}));
        QCOMPARE(server[0].countOf("SSUBSCRIBE"), 1);
    }

    void aSlotThatNobodyServesIsWaitedFor()
    {
        ScriptedPubSub cluster(2);
        const auto full = cluster.ranges;
        cluster.ranges.erase(cluster.ranges.begin());
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe("{b}given up"_ba);
        subscriber.subscribe(kSecondHalf);
        QVERIFY(acknowledged.wait({kSecondHalf}));
        const qsizetype refreshes = cluster.refreshes();
        QVERIFY(eventually([&] { return cluster.refreshes() >= refreshes + 2; }));
        subscriber.unsubscribe("{b}given up"_ba);
        cluster.ranges = full;
        QVERIFY(acknowledged.wait({kFirstHalf}));
        QCOMPARE(cluster[0].countOf("SSUBSCRIBE"), 1);
    }

    void aBrokenConnectionIsMadeAgainAlone()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment());
        Acknowledged acknowledged(subscriber);
        QSignalSpy lost(&subscriber, &Subscriber::lost);
        subscriber.subscribe(kFirstHalf);
        subscriber.subscribe(kNeighbour);
        subscriber.subscribe(kSecondHalf);
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour, kSecondHalf}));
        cluster[0].hangUp();
        QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
        QCOMPARE(lost.count(), 1);
        QCOMPARE(cluster[1].countOf("SSUBSCRIBE"), 1);
        QVERIFY(subscriber.isReady());
    }

    // A failover takes the nodes longer than we take to notice.
    void aMapThatChangesLongAfterANodeDiedIsFound()
    {
        ScriptedPubSub cluster(2);
        Subscriber subscriber(cluster.deployment(2));
        Acknowledged acknowledged(subscriber);
        subscriber.subscribe(kFirstHalf);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        const qsizetype refreshes = cluster.refreshes();
        cluster[0].die();
        QVERIFY(eventually([&] { return cluster.refreshes() >= refreshes + 3; }));
        QVERIFY(acknowledged.isEmpty());
        cluster.giveAllTo(1);
        QVERIFY(acknowledged.wait({kFirstHalf}));
        QVERIFY(subscriber.isReady());
    }

    void slotsMayDestroyTheSubscriber_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("subscribed") << 0;
        QTest::newRow("message") << 1;
        QTest::newRow("lost") << 2;
        QTest::newRow("ready") << 3;
    }
    void slotsMayDestroyTheSubscriber()
    {
        QFETCH(int, signal);
        ScriptedPubSub cluster(2);
        auto subscriber = std::make_unique<Subscriber>(cluster.deployment());
        const auto destroy = [&] { subscriber.reset(); };
        if (signal == 0)
            connect(subscriber.get(), &Subscriber::subscribed, this, destroy);
        else if (signal == 1)
            connect(subscriber.get(), &Subscriber::message, this, destroy);
        else if (signal == 2)
            connect(subscriber.get(), &Subscriber::lost, this, destroy);
        else
            connect(subscriber.get(), &Subscriber::ready, this, destroy);
        subscriber->subscribe(kFirstHalf);
        subscriber->subscribe(kNeighbour);
        if (signal == 1 || signal == 2) {
            Acknowledged acknowledged(*subscriber);
            QVERIFY(acknowledged.wait({kFirstHalf, kNeighbour}));
            for (int i = 0; i < 5; ++i)
                cluster.publish(0, kFirstHalf, "x"_ba);
            if (signal == 2)
                cluster[0].hangUp();
        }
        QVERIFY(eventually([&] { return !subscriber; }));
        QVERIFY(
            eventually([&] { return cluster[0].connections() + cluster[1].connections() == 0; }));
    }

private:
    static Deployment singleOf(const ScriptedServer &server)
    {
        return at(Endpoint(), server.address());
    }
};

PRESENCE_TEST(TestPubSubFaults)
#include "tst_redis_pubsubfaults.moc"
