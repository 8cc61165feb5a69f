// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/sentinel/sentinellocator.h"
#include "tests/integration/redis/ask.h"
#include "tests/integration/redis/scriptedsentinel.h"
#include "tests/support/testregistry.h"

#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;

static const Address kMaster{u"10.0.0.1"_s, 6379};
static const Address kOther{u"10.0.0.2"_s, 6379};

/// The place that is found, or what went wrong.
static QString locate(SentinelLocator &locator)
{
    const Answer<Endpoint> answer;
    locator.locate(answer);
    if (!answer.wait())
        return u"no callback"_s;
    return *answer ? (*answer)->toString() : (*answer).error().detail;
}

class TestSentinelLocator : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aSentinelNamesTheMaster()
    {
        ScriptedSentinel sentinel(kMaster);
        Deployment deployment = deploymentOf({sentinel});
        deployment.server.password = "data"_ba;
        deployment.sentinel.password = "watch"_ba;
        SentinelLocator locator(deployment);
        const Answer<Endpoint> answer;
        locator.locate(answer);
        QVERIFY(answer.wait() && *answer);
        QCOMPARE((*answer)->toString(), kMaster.toString());
        QCOMPARE((*answer)->password, "data"_ba);
        QVERIFY((*answer)->mustBeMaster);
        QVERIFY(sentinel.count({"AUTH"_ba, "watch"_ba}) > 0);
        QCOMPARE(sentinel.hellos(), 0);
    }

    void theNextIsAskedWhenOneIsAway_data()
    {
        QTest::addColumn<bool>("isDead");
        QTest::newRow("dead") << true;
        QTest::newRow("silent") << false;
    }
    void theNextIsAskedWhenOneIsAway()
    {
        QFETCH(bool, isDead);
        ScriptedSentinel away(kOther);
        ScriptedSentinel there(kMaster);
        SentinelLocator locator(deploymentOf({away, there}));
        if (isDead)
            away.die();
        away.isSilent = true;
        QCOMPARE(locate(locator), kMaster.toString());
        // Whoever knew is asked first next time.
        const int visits = away.visits();
        if (isDead)
            QVERIFY(away.revive());
        away.isSilent = false;
        QCOMPARE(locate(locator), kMaster.toString());
        QCOMPARE(away.visits(), visits);
        QCOMPARE(there.timesAsked(), 2);
    }

    void theNextIsAskedWhenOneDoesNotKnow_data()
    {
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("nil") << "*-1\r\n"_ba;
        QTest::newRow("nil text") << "$-1\r\n"_ba;
        QTest::newRow("error") << resp::error("NOAUTH Authentication required.");
        QTest::newRow("status") << resp::ok();
        QTest::newRow("one element") << resp::array({resp::bulk("10.0.0.2")});
        QTest::newRow("three elements")
            << resp::array({resp::bulk("10.0.0.2"), resp::bulk("1"), resp::bulk("2")});
        QTest::newRow("port 0") << resp::array({resp::bulk("10.0.0.2"), resp::bulk("0")});
        QTest::newRow("port too big") << resp::array({resp::bulk("10.0.0.2"), resp::bulk("65536")});
        QTest::newRow("word for a port")
            << resp::array({resp::bulk("10.0.0.2"), resp::bulk("redis")});
        QTest::newRow("no host") << resp::array({resp::bulk(""), resp::bulk("6379")});
    }
    void theNextIsAskedWhenOneDoesNotKnow()
    {
        QFETCH(QByteArray, says);
        ScriptedSentinel first;
        first.says = says;
        ScriptedSentinel second(kMaster);
        SentinelLocator locator(deploymentOf({first, second}));
        QCOMPARE(locate(locator), kMaster.toString());
        QCOMPARE(first.timesAsked(), 1);
    }

    void thatNobodyCanBeReachedIsNotThatNobodyKnows()
    {
        ScriptedSentinel away;
        ScriptedSentinel ignorant;
        SentinelLocator locator(deploymentOf({away, ignorant}));
        away.die();
        QCOMPARE(locate(locator), u"the sentinels know no master named mymaster"_s);
        ignorant.die();
        const QString said = locate(locator);
        QVERIFY2(said.startsWith(u"no sentinel can be reached: "_s), qPrintable(said));
        QVERIFY2(said.contains(u"Connection refused"_s), qPrintable(said));
        QVERIFY(away.revive());
        away.master = kMaster;
        QCOMPARE(locate(locator), kMaster.toString());
    }

    void bothAreUnavailable()
    {
        ScriptedSentinel sentinel;
        SentinelLocator locator(deploymentOf({sentinel}));
        for (int i = 0; i < 2; ++i) {
            const Answer<Endpoint> answer;
            locator.locate(answer);
            QVERIFY(answer.wait() && !*answer);
            QCOMPARE(int((*answer).error().code), int(ErrorCode::Unavailable));
            sentinel.die();
        }
    }

    void otherSentinelsAreLearnedAndUsedWhenTheFirstAreGone()
    {
        ScriptedSentinel learned(kMaster);
        ScriptedSentinel first(kMaster);
        first.others = {{u""_s, 26379}, {u"10.0.0.9"_s, 0}, first.address(), learned.address()};
        SentinelLocator locator(deploymentOf({first}));
        QCOMPARE(locate(locator), kMaster.toString());
        // Its question for others is answered when its connections are over.
        QVERIFY(
            eventually([&] { return first.countOf("SENTINEL") == 2 && first.connections() == 0; }));
        QCOMPARE(learned.visits(), 0);
        first.die();
        QCOMPARE(locate(locator), kMaster.toString());
        QCOMPARE(learned.timesAsked(), 1);
    }

    void aSentinelThatNamesAnotherMasterIsHeardBetweenTwoConnections()
    {
        ScriptedSentinel sentinel(kMaster);
        SentinelLocator locator(deploymentOf({sentinel}));
        QSignalSpy moved(&locator, &Locator::moved);
        QCOMPARE(locate(locator), kMaster.toString());
        // Once more the same, then another.
        QVERIFY(eventually([&] { return sentinel.timesAsked() == 2; }));
        sentinel.master = kOther;
        QVERIFY(eventually([&] { return !moved.isEmpty(); }));
        QCOMPARE(sentinel.timesAsked(), 3);
        QCOMPARE(moved.count(), 1);
        QCOMPARE(locate(locator), kOther.toString());
        QCOMPARE(moved.count(), 1);
    }

    void askingAgainDropsTheFirstCallback()
    {
        ScriptedSentinel sentinel(kMaster);
        SentinelLocator locator(deploymentOf({sentinel}));
        const Answer<Endpoint> dropped;
        locator.locate(dropped);
        QCOMPARE(locate(locator), kMaster.toString());
        QVERIFY(!dropped.isThere());
    }

    void destroyingItDropsTheCallback()
    {
        ScriptedSentinel sentinel(kMaster);
        sentinel.isSilent = true;
        auto locator = std::make_unique<SentinelLocator>(deploymentOf({sentinel}));
        const Answer<Endpoint> dropped;
        locator->locate(dropped);
        QVERIFY(eventually([&] { return sentinel.connections() == 1; }));
        locator.reset();
        QVERIFY(eventually([&] { return sentinel.connections() == 0; }));
        QVERIFY(!dropped.isThere());
    }
};

PRESENCE_TEST(TestSentinelLocator)
#include "tst_redis_sentinellocator.moc"
