// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/subscriber.h"
#include "tests/integration/redis/ask.h"
#include "tests/support/redisserver.h"
#include "tests/support/testregistry.h"

#include <QLoggingCategory>
#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static QByteArray channel(int i)
{
    return "channel:" + QByteArray::number(i);
}

class TestSubscriber : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }
    void init() { QVERIFY(m_server.start()); }
    void cleanup() { QVERIFY(m_server.kill()); }

    void messagesArriveOnceSubscribed()
    {
        Subscriber subscriber(endpointAt(m_server.url()));
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        QSignalSpy message(&subscriber, &Subscriber::message);
        subscriber.subscribe("a"_ba);
        QVERIFY(subscribed.wait());
        QCOMPARE(subscribed.at(0).at(0).toByteArray(), "a"_ba);
        QCOMPARE(publish("b"_ba, "not for us"_ba), 0);
        QCOMPARE(publish("a"_ba, "x\0y"_ba), 1);
        QVERIFY(message.count() == 1 || message.wait());
        QCOMPARE(message.at(0).at(0).toByteArray(), "a"_ba);
        QCOMPARE(message.at(0).at(1).toByteArray(), "x\0y"_ba);
    }

    void nothingArrivesAfterUnsubscribing()
    {
        Subscriber subscriber(endpointAt(m_server.url()));
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        QSignalSpy message(&subscriber, &Subscriber::message);
        subscriber.subscribe("a"_ba);
        subscriber.subscribe("b"_ba);
        QTRY_COMPARE_WITH_TIMEOUT(subscribed.count(), 2, kPatience);
        QCOMPARE(publish("a"_ba, "on its way"_ba), 1);
        subscriber.unsubscribe("a"_ba);
        QTRY_COMPARE_WITH_TIMEOUT(publish("a"_ba, "late"_ba), 0, kPatience);
        QCOMPARE(publish("b"_ba, "end"_ba), 1);
        QTRY_VERIFY_WITH_TIMEOUT(!message.isEmpty() && message.last().at(0) == "b"_ba, kPatience);
        for (const auto &each : message)
            QVERIFY(each.at(1).toByteArray() != "late"_ba);
    }

    // The password of a server that does not have the new one yet.
    void aSubscriptionStaysUntilTheNewCredentialsAreAccepted()
    {
        Deployment deployment(endpointAt(m_server.url()));
        const auto credentials = std::make_shared<CredentialStore>(Credentials{});
        deployment.server.credentials = credentials;
        Subscriber subscriber(deployment);
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        QSignalSpy message(&subscriber, &Subscriber::message);
        QSignalSpy lost(&subscriber, &Subscriber::lost);
        subscriber.subscribe("a"_ba);
        QVERIFY(subscribed.wait());
        credentials->replace({.password = "new"_ba});
        subscriber.renew();
        const auto refusals = [this] {
            const QByteArray info = m_server.cli({u"INFO"_s, u"commandstats"_s});
            return info.contains("cmdstat_auth:");
        };
        QTRY_VERIFY_WITH_TIMEOUT(refusals(), kPatience);
        QVERIFY(lost.isEmpty() && subscriber.isReady());
        QCOMPARE(publish("a"_ba, "meanwhile"_ba), 1);
        QTRY_COMPARE_WITH_TIMEOUT(message.count(), 1, kPatience);
        m_server.cli({u"ACL"_s, u"SETUSER"_s, u"default"_s, u"resetpass"_s, u">new"_s});
        QTRY_COMPARE_WITH_TIMEOUT(subscribed.count(), 2, 10'000);
        QCOMPARE(m_server
                     .cli({u"--no-auth-warning"_s, u"-a"_s, u"new"_s, u"PUBSUB"_s, u"SHARDNUMSUB"_s,
                           u"a"_s})
                     .simplified(),
                 "a 1"_ba);
        m_server.cli(
            {u"--no-auth-warning"_s, u"-a"_s, u"new"_s, u"SPUBLISH"_s, u"a"_s, u"after"_s});
        QTRY_COMPARE_WITH_TIMEOUT(message.count(), 2, kPatience);
        QCOMPARE(message.last().at(1).toByteArray(), "after"_ba);
    }

    void theLastCallInAPassCounts()
    {
        Subscriber subscriber(endpointAt(m_server.url()));
        QSignalSpy ready(&subscriber, &Subscriber::ready);
        QVERIFY(ready.wait());
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        subscriber.subscribe("kept"_ba);
        subscriber.unsubscribe("kept"_ba);
        subscriber.subscribe("kept"_ba);
        subscriber.subscribe("gone"_ba);
        subscriber.unsubscribe("gone"_ba);
        QVERIFY(subscribed.wait());
        QCOMPARE(subscribed.at(0).at(0).toByteArray(), "kept"_ba);
        QTRY_COMPARE_WITH_TIMEOUT(publish("gone"_ba, "x"_ba), 0, kPatience);
        QCOMPARE(subscribed.count(), 1);
    }

    void subscribingAgainIsAcknowledgedAgain()
    {
        Subscriber subscriber(endpointAt(m_server.url()));
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        subscriber.subscribe("a"_ba);
        QVERIFY(subscribed.wait());
        subscriber.subscribe("a"_ba);
        QVERIFY(subscribed.wait());
        QCOMPARE(publish("a"_ba, "x"_ba), 1);
    }

    void everythingIsSubscribedAgainAfterARestart()
    {
        Subscriber subscriber(endpointAt(m_server.url()));
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        QSignalSpy message(&subscriber, &Subscriber::message);
        QSignalSpy lost(&subscriber, &Subscriber::lost);
        subscriber.subscribe("a"_ba);
        subscriber.subscribe("b"_ba);
        QTRY_COMPARE_WITH_TIMEOUT(subscribed.count(), 2, kPatience);
        QVERIFY(m_server.kill());
        QVERIFY(lost.wait());
        subscriber.unsubscribe("b"_ba);
        subscriber.subscribe("c"_ba);
        subscribed.clear();
        QVERIFY(m_server.start());
        QTRY_COMPARE_WITH_TIMEOUT(subscribed.count(), 2, kPatience);
        QCOMPARE(publish("a"_ba, "again"_ba), 1);
        QCOMPARE(publish("b"_ba, "never"_ba), 0);
        QCOMPARE(publish("c"_ba, "new"_ba), 1);
        QTRY_COMPARE_WITH_TIMEOUT(message.count(), 2, kPatience);
    }

    void twentyThousandChannelsAreHeldOverARestart()
    {
        static constexpr int kChannels = 20'000;
        Subscriber subscriber(endpointAt(m_server.url()));
        int acknowledged = 0;
        connect(&subscriber, &Subscriber::subscribed, this, [&] { ++acknowledged; });
        QSignalSpy message(&subscriber, &Subscriber::message);
        for (int i = 0; i < kChannels; ++i)
            subscriber.subscribe(channel(i));
        QTRY_COMPARE_WITH_TIMEOUT(acknowledged, kChannels, kPatience);
        QVERIFY(m_server.restart());
        QTRY_COMPARE_WITH_TIMEOUT(acknowledged, 2 * kChannels, kPatience);
        QCOMPARE(publish(channel(0), "first"_ba), 1);
        QCOMPARE(publish(channel(kChannels - 1), "last"_ba), 1);
        QTRY_COMPARE_WITH_TIMEOUT(message.count(), 2, kPatience);
        for (int i = 0; i < kChannels; ++i)
            subscriber.unsubscribe(channel(i));
        QTRY_COMPARE_WITH_TIMEOUT(m_server.cli({u"pubsub"_s, u"shardchannels"_s}), QByteArray(),
                                  kPatience);
    }

    void aServerThatHangsIsNoticed()
    {
        Endpoint endpoint = endpointAt(m_server.url());
        endpoint.commandTimeout = 100ms;
        Subscriber subscriber(endpoint);
        QSignalSpy subscribed(&subscriber, &Subscriber::subscribed);
        QSignalSpy lost(&subscriber, &Subscriber::lost);
        subscriber.subscribe("a"_ba);
        QVERIFY(subscribed.wait());
        m_server.freeze();
        QVERIFY(lost.wait());
        subscribed.clear();
        m_server.thaw();
        QVERIFY(subscribed.wait());
    }

    void pingsKeepASilentConnection_data()
    {
        QTest::addColumn<bool>("subscribes");
        QTest::newRow("subscribed") << true;
        QTest::newRow("without a channel") << false;
    }

    void pingsKeepASilentConnection()
    {
        QFETCH(bool, subscribes);
        Endpoint endpoint = endpointAt(m_server.url());
        endpoint.commandTimeout = 1000ms;
        Subscriber subscriber(endpoint);
        QSignalSpy ready(&subscriber, &Subscriber::ready);
        QSignalSpy lost(&subscriber, &Subscriber::lost);
        if (subscribes)
            subscriber.subscribe("a"_ba);
        QVERIFY(ready.wait());
        m_server.cli({u"config"_s, u"resetstat"_s});
        QTRY_VERIFY_WITH_TIMEOUT(pings() >= 4, kPatience);
        QVERIFY(lost.isEmpty());
    }

    void aMessageMayDestroyTheSubscriber()
    {
        auto subscriber = std::make_unique<Subscriber>(endpointAt(m_server.url()));
        QSignalSpy subscribed(subscriber.get(), &Subscriber::subscribed);
        subscriber->subscribe("a"_ba);
        QVERIFY(subscribed.wait());
        connect(subscriber.get(), &Subscriber::message, this, [&] { subscriber.reset(); });
        m_server.cli({u"eval"_s, u"for i=1,9 do redis.call('spublish', 'a', i) end"_s, u"0"_s});
        QTRY_VERIFY_WITH_TIMEOUT(!subscriber, kPatience);
    }

private:
    int publish(const QByteArray &to, const QByteArray &payload)
    {
        Client client(endpointAt(m_server.url()));
        const Result<Reply> reply = ask(client, {"SPUBLISH"_ba, to, payload});
        return reply ? int(reply->toInteger().value_or(-1)) : -2;
    }

    // How many PINGs the server has served since its counters were set to zero.
    int pings() const
    {
        static const QByteArray kBefore = "cmdstat_ping:calls="_ba;
        const QByteArray info = m_server.cli({u"info"_s, u"commandstats"_s});
        const qsizetype at = info.indexOf(kBefore);
        return at < 0 ? 0 : info.mid(at + kBefore.size()).split(',').front().toInt();
    }

    RedisServer m_server;
};

PRESENCE_TEST(TestSubscriber)
#include "tst_redis_subscriber.moc"
