// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

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

class TestOutage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"presence.*.warning=false"_s); }
    void init() { QVERIFY(m_server.start()); }
    void cleanup() { QVERIFY(m_server.kill()); }

    void aCommandThatIsNotAnsweredInTimeTakesTheConnectionWithIt()
    {
        Endpoint endpoint = endpointAt(m_server.url());
        endpoint.commandTimeout = 1500ms;
        Client client(endpoint);
        QSignalSpy lost(&client, &Client::lost);
        QCOMPARE(bytesOf(ask(client, {"PING"_ba})), "PONG"_ba);

        m_server.freeze();
        const Answer<Reply> overdue;
        const Answer<Reply> later;
        client.command("k", {"SET"_ba, "k"_ba, "1"_ba}, overdue);
        QTimer::singleShot(300, &client, [&] { client.command("k", {"PING"_ba}, later); });
        QVERIFY(failedWith(overdue, ErrorCode::Timeout));
        QVERIFY(failedWith(later, ErrorCode::Unavailable));
        QCOMPARE(lost.count(), 1);

        m_server.thaw();
        QCOMPARE(bytesOf(ask(client, {"ECHO"_ba, "back"_ba})), "back"_ba);
        QCOMPARE(client.counters().reconnects, quint64(1));
    }

    void commandsInFlightFailWhenTheServerDies()
    {
        Client client(endpointAt(m_server.url()));
        QCOMPARE(bytesOf(ask(client, {"PING"_ba})), "PONG"_ba);
        m_server.freeze();
        const Answer<Reply> single;
        const Answer<Client::Replies> pipeline;
        client.command("k", {"PING"_ba}, single);
        client.pipeline("k", {Command{"PING"_ba}, Command{"PING"_ba}}, pipeline);
        QVERIFY(m_server.kill());
        QVERIFY(failedWith(single, ErrorCode::Unavailable));
        QVERIFY(pipeline.wait());
        QVERIFY(!*pipeline && (*pipeline).error().code == ErrorCode::Unavailable);
    }

    void commandsWaitForAServerThatComesBackSoon()
    {
        Client client(endpointAt(m_server.url()));
        QSignalSpy lost(&client, &Client::lost);
        QSignalSpy ready(&client, &Client::ready);
        QCOMPARE(bytesOf(ask(client, {"SET"_ba, "k"_ba, "kept"_ba})), "OK"_ba);

        QVERIFY(m_server.kill());
        QVERIFY(lost.wait());
        const Answer<Reply> answer;
        client.command("k", {"GET"_ba, "k"_ba}, answer);
        QVERIFY(m_server.start());
        QVERIFY(answer.wait() && *answer);
        QCOMPARE((*answer)->bytes(), "kept"_ba);
        QCOMPARE(ready.count(), 2);
        QCOMPARE(client.counters().reconnects, quint64(1));
    }

    void commandsWaitForTheFirstConnection()
    {
        QVERIFY(m_server.kill());
        Client client(endpointAt(m_server.url()));
        const Answer<Reply> answer;
        client.command("k", {"PING"_ba}, answer);
        QVERIFY(m_server.start());
        QVERIFY(answer.wait() && *answer);
    }

    void commandsFailInTimeWhileTheServerIsAway()
    {
        QVERIFY(m_server.kill());
        Endpoint endpoint = endpointAt(m_server.url());
        endpoint.commandTimeout = 200ms;
        Client client(endpoint);
        QElapsedTimer waiting;
        waiting.start();
        const Answer<Reply> answer;
        client.command("k", {"PING"_ba}, answer);
        QVERIFY(!answer.isThere()); // never out of the call itself
        QVERIFY(failedWith(answer, ErrorCode::Unavailable));
        QVERIFY(waiting.elapsed() >= 200);
    }

    void commandsFailAtOnceWhenTheServerIsAwayForLong()
    {
        QVERIFY(m_server.kill());
        Client client(endpointAt(m_server.url())); // waits 5 s for a reply, but 2 s for the server
        QElapsedTimer away;
        away.start();
        std::vector<qint64> failedAt;
        QTimer sender;
        connect(&sender, &QTimer::timeout, &client, [&] {
            client.command("k", {"PING"_ba}, [&](const Result<Reply> &reply) {
                if (!reply && reply.error().code == ErrorCode::Unavailable)
                    failedAt.push_back(away.elapsed());
            });
        });
        sender.start(50);
        QTRY_VERIFY_WITH_TIMEOUT(!failedAt.empty(), kPatience);
        QVERIFY(failedAt.front() >= Connection::kRetryWindow.count());
    }

    void noMoreThanAFewCommandsWait()
    {
        QVERIFY(m_server.kill());
        Client client(endpointAt(m_server.url()));
        bool firstFailed = false;
        for (size_t i = 0; i < Connection::kMaxWaiting; ++i)
            client.command("k", {"PING"_ba}, [&](const auto &) { firstFailed = true; });
        const Answer<Reply> oneTooMany;
        client.command("k", {"PING"_ba}, oneTooMany);
        QVERIFY(failedWith(oneTooMany, ErrorCode::Unavailable));
        QVERIFY(!firstFailed);
    }

    void aServerThatIsLoadingIsWaitedFor()
    {
        RedisServer slow({.appendOnly = true,
                          .extra = {u"--enable-debug-command"_s, u"yes"_s,
                                    u"--loading-process-events-interval-bytes"_s, u"1024"_s}});
        QVERIFY(slow.start());
        Client filler(endpointAt(slow.url()));
        QVERIFY(ask(filler, {"SET"_ba, "k"_ba, "here"_ba}));
        QVERIFY(ask(filler, {"EVAL"_ba, "for i=1,8000 do redis.call('set', i, i) end"_ba, "0"_ba}));
        QVERIFY(ask(filler, {"CONFIG"_ba, "SET"_ba, "key-load-delay"_ba, "150"_ba}));
        Client watcher(endpointAt(slow.url()));
        QVERIFY(ask(watcher, {"PING"_ba}));
        const Answer<Reply> loaded;
        filler.command("k", {"DEBUG"_ba, "LOADAOF"_ba}, loaded);
        QTRY_VERIFY_WITH_TIMEOUT(
            bytesOf(ask(watcher, {"INFO"_ba, "persistence"_ba})).contains("loading:1"), kPatience);

        Client client(endpointAt(slow.url()));
        QCOMPARE(bytesOf(ask(client, {"GET"_ba, "k"_ba})), "here"_ba);
        QVERIFY(loaded.wait() && *loaded);
    }

    void aReplyMayDestroyTheClient_data() { carriers(); }
    void aReplyMayDestroyTheClient()
    {
        QFETCH(QString, url);
        int called = 0;
        auto client = std::make_unique<Client>(endpointAt(url));
        for (int i = 0; i < 100; ++i)
            client->command("k", {"PING"_ba}, [&](const Result<Reply> &) {
                ++called;
                client.reset();
            });
        QTRY_VERIFY_WITH_TIMEOUT(!client, kPatience);
        QCOMPARE(called, 1);
    }

    void aFailureMayDestroyTheClient_data() { carriers(); }
    void aFailureMayDestroyTheClient()
    {
        QFETCH(QString, url);
        int called = 0;
        auto client = std::make_unique<Client>(endpointAt(url), 2);
        QVERIFY(ask(*client, {"PING"_ba}));
        m_server.freeze();
        for (int i = 0; i < 100; ++i)
            client->command("k", {"PING"_ba}, [&](const Result<Reply> &) {
                ++called;
                client.reset();
            });
        QVERIFY(m_server.kill());
        QTRY_VERIFY_WITH_TIMEOUT(!client, kPatience);
        QCOMPARE(called, 1);
    }

    void theSlotOfALossMayDestroyTheClient()
    {
        bool called = false;
        auto client = std::make_unique<Client>(endpointAt(m_server.url()), 2);
        QVERIFY(ask(*client, {"PING"_ba}));
        m_server.freeze();
        client->command("k", {"PING"_ba}, [&](const Result<Reply> &) { called = true; });
        connect(client.get(), &Client::lost, this, [&] { client.reset(); });
        QVERIFY(m_server.kill());
        QTRY_VERIFY_WITH_TIMEOUT(!client, kPatience);
        QVERIFY(!called);
    }

    void callbacksThatAreDueAreDroppedWithTheClient()
    {
        bool called = false;
        {
            Client client(endpointAt(m_server.url()));
            QVERIFY(ask(client, {"PING"_ba}));
            client.command("k", {"PING"_ba}, [&](const Result<Reply> &) { called = true; });
        }
        QCoreApplication::processEvents();
        QVERIFY(!called);
    }

private:
    void carriers()
    {
        QTest::addColumn<QString>("url");
        QTest::newRow("tcp") << m_server.url();
        QTest::newRow("unix socket") << u"unix://"_s + m_server.socketPath();
    }

    RedisServer m_server{{.tcp = true, .appendOnly = true}};
};

PRESENCE_TEST(TestOutage)
#include "tst_redis_outage.moc"
