// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/subscriber.h"
#include "tests/integration/redis/ask.h"
#include "tests/integration/redis/scriptedsentinel.h"
#include "tests/support/testregistry.h"

#include <QLoggingCategory>
#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Words = ScriptedServer::Words;

/// A server of data that tells which one it is.
class NamedServer : public ScriptedServer
{
public:
    explicit NamedServer(const QByteArray &name)
    {
        script = [name](const Words &words) {
            return words[0] == "SSUBSCRIBE"
                ? resp::array({resp::bulk("ssubscribe"), resp::bulk(words[1]), resp::integer(1)})
                : resp::bulk(name);
        };
    }
};

static QByteArray whoIs(Client &client)
{
    return bytesOf(ask(client, {"GET"_ba, "name"_ba}));
}

class TestSentinel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }

    void commandsGoToTheMaster()
    {
        NamedServer master("master"_ba);
        ScriptedSentinel sentinel(master.address());
        Client client(deploymentOf({sentinel}), 3);
        QCOMPARE(whoIs(client), "master"_ba);
        QVERIFY(eventually([&] { return client.isReady(); }));
        QCOMPARE(master.hellos(), 3);
        QVERIFY(!client.slotMap());
    }

    void commandsWaitForASentinelThatKnows()
    {
        NamedServer master("master"_ba);
        ScriptedSentinel sentinel;
        Client client(deploymentOf({sentinel}));
        const Answer<Reply> answer;
        client.command({}, {"GET"_ba, "name"_ba}, answer);
        QVERIFY(eventually([&] { return sentinel.timesAsked() >= 2; }));
        QVERIFY(!answer.isThere());
        sentinel.master = master.address();
        QVERIFY(answer.wait());
        QCOMPARE(bytesOf(*answer), "master"_ba);
    }

    void whoIsNoMasterIsRefusedAndAskedAgain_data()
    {
        QTest::addColumn<QByteArray>("role");
        QTest::newRow("replica") << "replica"_ba;
        QTest::newRow("sentinel") << "sentinel"_ba;
        QTest::newRow("nobody") << ""_ba;
    }
    void whoIsNoMasterIsRefusedAndAskedAgain()
    {
        QFETCH(QByteArray, role);
        NamedServer master("promoted"_ba);
        master.role = role;
        ScriptedSentinel sentinel(master.address());
        Client client(deploymentOf({sentinel}));
        const Answer<Reply> answer;
        client.command({}, {"GET"_ba, "name"_ba}, answer);
        QVERIFY(eventually([&] { return master.hellos() >= 2; }));
        QVERIFY(sentinel.timesAsked() >= 2);
        QVERIFY(!answer.isThere() && !client.isReady());
        master.role = "master"_ba;
        QVERIFY(answer.wait());
        QCOMPARE(bytesOf(*answer), "promoted"_ba);
        QCOMPARE(master.countOf("GET"), 1);
    }

    void aMasterThatIsDeadIsLookedForAgain()
    {
        NamedServer first("first"_ba);
        NamedServer second("second"_ba);
        ScriptedSentinel sentinel(first.address());
        Client client(deploymentOf({sentinel}));
        QCOMPARE(whoIs(client), "first"_ba);
        first.die();
        // The sentinels notice later than we do.
        const qsizetype asked = sentinel.timesAsked();
        QVERIFY(eventually([&] { return sentinel.timesAsked() > asked; }));
        sentinel.master = second.address();
        QCOMPARE(whoIs(client), "second"_ba);
    }

    void aDemotedMasterIsLeft()
    {
        NamedServer first("first"_ba);
        NamedServer second("second"_ba);
        ScriptedSentinel sentinel(first.address());
        Client client(deploymentOf({sentinel}));
        QSignalSpy lost(&client, &Client::lost);
        QCOMPARE(whoIs(client), "first"_ba);
        first.script = [](const Words &) { return resp::error("READONLY You can't write"); };
        first.role = "replica"_ba;
        sentinel.master = second.address();
        // It was not done, so the next one is asked.
        QCOMPARE(whoIs(client), "second"_ba);
        QCOMPARE(lost.count(), 1);
    }

    void aCallbackMayDestroyTheClientOfADemotedMaster()
    {
        NamedServer master("master"_ba);
        ScriptedSentinel sentinel(master.address());
        auto client = std::make_unique<Client>(deploymentOf({sentinel}));
        QCOMPARE(whoIs(*client), "master"_ba);
        master.script = [](const Words &) { return resp::error("READONLY You can't write"); };
        client->command({}, {"SET"_ba, "k"_ba, "1"_ba}, [&](const auto &) { client.reset(); });
        QVERIFY(eventually([&] { return !client; }));
    }

    // Behind its name or its proxy there may be another one in a moment.
    void aSingleServerThatIsReadOnlyIsLeft()
    {
        NamedServer server("server"_ba);
        Client client(at(Endpoint(), server.address()));
        QSignalSpy demoted(&client, &Client::demoted);
        QCOMPARE(whoIs(client), "server"_ba);
        const auto answer = std::exchange(
            server.script, [](const Words &) { return resp::error("READONLY You can't write"); });
        server.role = "slave"_ba;
        const Answer<Reply> waits;
        client.command({}, {"SET"_ba, "k"_ba, "1"_ba}, waits);
        QVERIFY(eventually([&] { return demoted.count() == 1; }));
        QVERIFY(!waits.isThere());
        server.role = "master"_ba;
        server.script = answer;
        QVERIFY(waits.wait() && *waits);
        QCOMPARE((*waits)->bytes(), "server"_ba);
    }

    // Nobody tells a client that is cut off together with its master.
    void aMasterThatTheSentinelsHaveReplacedIsLeft()
    {
        NamedServer first("first"_ba);
        NamedServer second("second"_ba);
        ScriptedSentinel sentinel(first.address());
        Client client(deploymentOf({sentinel}));
        QCOMPARE(whoIs(client), "first"_ba);
        sentinel.master = second.address();
        QVERIFY(eventually([&] { return second.connections() == 1 && client.isReady(); }));
        QCOMPARE(whoIs(client), "second"_ba);
        QVERIFY(eventually([&] { return first.connections() == 0; }));
    }

    // The time for connecting to a server is not the time for finding it.
    void sentinelsThatHangDoNotKeepFromTheNext()
    {
        NamedServer first("first"_ba);
        NamedServer second("second"_ba);
        ScriptedSentinel hanging(first.address());
        ScriptedSentinel there(second.address());
        Deployment deployment = deploymentOf({hanging, there});
        deployment.server.connectTimeout = 200ms;
        Client client(deployment);
        QCOMPARE(whoIs(client), "first"_ba);
        QVERIFY(eventually([&] { return hanging.connections() == 0; }));
        const int visits = hanging.visits();
        hanging.isSilent = true;
        first.die();
        QVERIFY(eventually([&] { return second.connections() == 1 && client.isReady(); }));
        QCOMPARE(hanging.visits(), visits + 1);
        QCOMPARE(whoIs(client), "second"_ba);
    }

    void aSubscriberFollowsTheMaster()
    {
        NamedServer first("first"_ba);
        NamedServer second("second"_ba);
        ScriptedSentinel sentinel(first.address());
        Subscriber subscriber(deploymentOf({sentinel}));
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        subscriber.subscribe("a"_ba);
        QVERIFY(eventually([&] { return subscribed.count() == 1; }));
        sentinel.master = second.address();
        first.die();
        QVERIFY(eventually([&] { return subscribed.count() == 2; }));
        QCOMPARE(second.count({"SSUBSCRIBE"_ba, "a"_ba}), 1);
    }
};

PRESENCE_TEST(TestSentinel)
#include "tst_redis_sentinel.moc"
