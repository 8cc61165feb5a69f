// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/redis/ask.h"
#include "tests/support/redisserver.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>
#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// Of a function "join" that returns its key, its argument and `version`.
static FunctionLibrary libraryReturning(const QByteArray &version)
{
    return {"lib"_ba,
            "redis.register_function(LIBRARY .. '_join', function(keys, args)\n"
            "  return keys[1] .. (args[1] or '') .. '"
                + version + "'\nend)\n"};
}

class TestClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_server.start());
        QVERIFY(m_locked.start());
    }

    void init() { m_server.cli({u"flushall"_s}); }

    void commandsAreAnswered_data()
    {
        QTest::addColumn<QString>("url");
        const QString socket = m_locked.socketPath();
        const QString tcp = u"127.0.0.1:%1"_s.arg(m_locked.port());
        QTest::newRow("unix socket") << m_server.url();
        QTest::newRow("tcp") << u"redis://:open@"_s + tcp;
        QTest::newRow("host name") << u"redis://:open@localhost:%1"_s.arg(m_locked.port());
        QTest::newRow("acl user") << u"redis://alice:sesame@"_s + tcp;
        QTest::newRow("database") << u"redis://alice:sesame@%1/5"_s.arg(tcp);
        QTest::newRow("unix database") << m_server.url() + u"?db=5"_s;
    }

    void commandsAreAnswered()
    {
        QFETCH(QString, url);
        Client client(endpointAt(url));
        QCOMPARE(bytesOf(ask(client, {"SET"_ba, "k"_ba, "a\0b"_ba})), "OK"_ba);
        QCOMPARE(bytesOf(ask(client, {"GET"_ba, "k"_ba})), "a\0b"_ba);
        QVERIFY(client.isReady());
    }

    void theUserIsTheOneAskedFor()
    {
        Client client(endpointAt(u"redis://alice:sesame@127.0.0.1:%1"_s.arg(m_locked.port())));
        QCOMPARE(bytesOf(ask(client, {"ACL"_ba, "WHOAMI"_ba})), "alice"_ba);
    }

    void theDatabaseIsTheOneAskedFor()
    {
        Client client(endpointAt(m_server.url() + u"?db=5"_s));
        QCOMPARE(bytesOf(ask(client, {"SET"_ba, "where"_ba, "five"_ba})), "OK"_ba);
        QCOMPARE(m_server.cli({u"-n"_s, u"5"_s, u"get"_s, u"where"_s}), "five"_ba);
    }

    void aRefusalIsToldAndCommandsFail_data()
    {
        QTest::addColumn<QString>("user");
        QTest::addColumn<QString>("database");
        QTest::addColumn<QString>("says");
        QTest::newRow("password") << u":wrong@"_s << QString() << u"refused the login.*WRONGPASS"_s;
        QTest::newRow("none") << QString() << QString() << u"refused the login.*NOAUTH"_s;
        QTest::newRow("database") << u":open@"_s << u"/99"_s << u"refused the database.*range"_s;
    }

    void aRefusalIsToldAndCommandsFail()
    {
        QFETCH(QString, user);
        QFETCH(QString, database);
        QFETCH(QString, says);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(says));
        Endpoint endpoint = endpointAt(u"redis://"_s + user + u"127.0.0.1:"_s
                                       + QString::number(m_locked.port()) + database);
        endpoint.commandTimeout = std::chrono::milliseconds(200);
        Client client(endpoint);
        const Result<Reply> reply = ask(client, {"PING"_ba});
        QVERIFY(!reply);
        QCOMPARE(int(reply.error().code), int(ErrorCode::Unavailable));
        QVERIFY(!client.isReady());
    }

    void errorsOfTheServerAreReplies()
    {
        Client client(endpointAt(m_server.url()));
        const Result<Reply> reply = ask(client, {"NOSUCHCOMMAND"_ba});
        QVERIFY(reply && reply->isError("ERR"));
        QCOMPARE(client.counters().errors, quint64(1));
        QCOMPARE(client.counters().commands, quint64(1));
    }

    void tenThousandCommandsAreAnsweredInOrder()
    {
        static constexpr int kCommands = 10'000;
        std::vector<qint64> answers;
        Client client(endpointAt(m_server.url()), 3);
        for (int i = 0; i < kCommands; ++i)
            client.command("n", {"INCR"_ba, "n"_ba}, [&answers](const Result<Reply> &reply) {
                answers.push_back(reply ? reply->toInteger().value_or(-1) : -2);
            });
        QTRY_COMPARE_WITH_TIMEOUT(answers.size(), size_t(kCommands), kPatience);
        for (int i = 0; i < kCommands; ++i)
            QCOMPARE(answers[size_t(i)], i + 1);
    }

    void everyConnectionOfThePoolIsUsed()
    {
        Client client(endpointAt(m_server.url()), 4);
        std::vector<Answer<Reply>> answers(200);
        for (size_t i = 0; i < answers.size(); ++i)
            client.command(QByteArray::number(i), {"CLIENT"_ba, "ID"_ba}, answers[i]);
        QSet<qint64> ids;
        for (const auto &answer : answers) {
            QVERIFY(answer.wait() && *answer);
            ids.insert((*answer)->toInteger().value());
        }
        QCOMPARE(ids.size(), 4);
    }

    void aPipelineIsAnsweredAsOne()
    {
        Client client(endpointAt(m_server.url()));
        const Answer<Client::Replies> answer;
        client.pipeline("h",
                        {Command{"HSET"_ba, "h"_ba, "f"_ba, "v"_ba}, Command{"INCR"_ba, "h"_ba},
                         Command{"HGETALL"_ba, "h"_ba}},
                        answer);
        QVERIFY(answer.wait() && *answer);
        const Client::Replies &replies = **answer;
        QCOMPARE(replies.size(), size_t(3));
        QCOMPARE(replies[0].toInteger().value(), 1);
        QVERIFY(replies[1].isError("WRONGTYPE"));
        QCOMPARE(replies[2].toHash().value("f"_ba), "v"_ba);
    }

    void anEmptyPipelineIsAnsweredToo()
    {
        Client client(endpointAt(m_server.url()));
        const Answer<Client::Replies> answer;
        client.pipeline("x", {}, answer);
        QVERIFY(!answer.isThere());
        QVERIFY(answer.wait() && *answer && (*answer)->empty());
    }

    void aScriptThatTheServerHasForgottenIsSentAgain()
    {
        Client client(endpointAt(m_server.url()));
        const Script script("join"_ba, "return KEYS[1] .. ARGV[1]"_ba);
        for (int round = 0; round < 3; ++round) {
            const Answer<Reply> answer;
            client.eval(script, {"k"_ba}, {"v"_ba}, answer);
            QVERIFY(answer.wait() && *answer);
            QCOMPARE((*answer)->bytes(), "kv"_ba);
            if (round == 1)
                m_server.cli({u"script"_s, u"flush"_s});
        }
        // Of five calls two were answered NOSCRIPT, which is nobody's error.
        QCOMPARE(client.counters().commands, quint64(3));
        QCOMPARE(client.counters().errors, quint64(0));
    }

    void scriptsInAPipelineAreSentAgainToo()
    {
        m_server.cli({u"script"_s, u"flush"_s});
        Client client(endpointAt(m_server.url()));
        const Script script("twice"_ba, "return ARGV[1] * 2"_ba);
        const Answer<Client::Replies> answer;
        client.pipeline("k",
                        {script.command({"k"_ba}, {"4"_ba}), Command{"ECHO"_ba, "between"_ba},
                         script.command({"k"_ba}, {"5"_ba})},
                        answer);
        QVERIFY(answer.wait() && *answer);
        QCOMPARE((**answer)[0].toInteger().value_or(-1), 8);
        QCOMPARE((**answer)[1].bytes(), "between"_ba);
        QCOMPARE((**answer)[2].toInteger().value_or(-1), 10);
    }

    void aLibraryThatTheServerLacksIsLoadedOnceForAllThatMissIt()
    {
        m_server.cli({u"function"_s, u"flush"_s});
        m_server.cli({u"config"_s, u"resetstat"_s});
        Client client(endpointAt(m_server.url()));
        const FunctionLibrary library = libraryReturning("1"_ba);
        const Script function("join"_ba, library);
        const Answer<Client::Replies> answer;
        client.pipeline("k",
                        {function.command({"k"_ba}, {"a"_ba}), Command{"ECHO"_ba, "between"_ba},
                         function.command({"k"_ba}, {"b"_ba}),
                         function.command({"k"_ba}, {"c"_ba})},
                        answer);
        QVERIFY(answer.wait() && *answer);
        QCOMPARE((**answer)[0].bytes(), "ka1"_ba);
        QCOMPARE((**answer)[1].bytes(), "between"_ba);
        QCOMPARE((**answer)[3].bytes(), "kc1"_ba);
        QVERIFY(m_server.cli({u"info"_s, u"commandstats"_s})
                    .contains("cmdstat_function|load:calls=1,"));
        m_server.cli({u"function"_s, u"flush"_s});
        const Answer<Reply> again;
        client.eval(function, {"k"_ba}, {"d"_ba}, again);
        QVERIFY(again.wait() && *again);
        QCOMPARE((*again)->bytes(), "kd1"_ba);
    }

    /// A rolling upgrade, and going back after it.
    void versionsOfALibraryAreBesideEachOtherAndOldOnesGo()
    {
        m_server.cli({u"function"_s, u"flush"_s});
        m_server.cli(
            {u"function"_s, u"load"_s,
             u"#!lua name=of_others\nredis.register_function('of_others', function() end)"_s});
        for (const char *name : {"lib_stats", "lib_quota", "lib_mine", "lib_reports", "lib_x"})
            m_server.cli({u"function"_s, u"load"_s,
                          u"#!lua name=%1\nredis.register_function('%1', function() end)"_s.arg(
                              QLatin1StringView(name))});
        Client first(endpointAt(m_server.url()));
        const FunctionLibrary oldest = libraryReturning("0"_ba);
        const auto call = [](Client &client, const FunctionLibrary &library) {
            const Answer<Reply> answer;
            client.eval(Script("join"_ba, library), {"k"_ba}, {""_ba}, answer);
            return answer.wait() && *answer ? (*answer)->bytes() : "failed"_ba;
        };
        QCOMPARE(call(first, oldest), "k0"_ba);
        for (char version = '1'; version <= '9'; ++version) {
            const FunctionLibrary library = libraryReturning(QByteArray(1, version));
            Client client(endpointAt(m_server.url()));
            client.load({}, &library);
            QCOMPARE(call(client, library), "k"_ba + version);
            QCOMPARE(call(first, oldest), "k0"_ba); // of a node that runs still
        }
        const auto versions = [&] {
            return m_server.cli({u"function"_s, u"list"_s, u"libraryname"_s, u"lib_*"_s})
                .count("library_name");
        };
        constexpr int kOfOthers = 5;
        QTRY_VERIFY(versions() >= 2 + kOfOthers && versions() <= 5 + kOfOthers);
        QVERIFY(m_server.cli({u"function"_s, u"list"_s}).contains("of_others"));
        QVERIFY(m_server.cli({u"function"_s, u"list"_s}).contains("lib_mine"));
    }

    void whatKeepsALibraryFromBeingLoadedIsSaid()
    {
        m_server.cli({u"function"_s, u"flush"_s});
        Client client(endpointAt(m_server.url()));
        const Script function("join"_ba, libraryReturning("2"_ba));
        m_server.cli({u"config"_s, u"set"_s, u"maxmemory"_s, u"1"_s});
        const Answer<Reply> full;
        client.eval(function, {"k"_ba}, {"v"_ba}, full);
        const bool isAnswered = full.wait();
        m_server.cli({u"config"_s, u"set"_s, u"maxmemory"_s, u"0"_s});
        QVERIFY(isAnswered && *full);
        QVERIFY((*full)->isError("OOM"));
        const Answer<Reply> answer;
        client.eval(function, {"k"_ba}, {"v"_ba}, answer);
        QVERIFY(answer.wait() && *answer);
        QCOMPARE((*answer)->bytes(), "kv2"_ba);
    }

    void latencyIsToldByOperation()
    {
        QByteArrayList operations;
        Client client(endpointAt(m_server.url()));
        client.setLatencyObserver([&](QByteArrayView operation, std::chrono::nanoseconds time) {
            if (time.count() > 0)
                operations.append(operation.toByteArray());
        });
        QVERIFY(ask(client, {"GET"_ba, "k"_ba}));
        QVERIFY(ask(client, Script("mine"_ba, "return 1"_ba).command({}, {})));
        // The script twice: as its digest, then as its text.
        QCOMPARE(operations, (QByteArrayList{"GET"_ba, "mine"_ba, "mine"_ba}));
    }

private:
    RedisServer m_server;
    RedisServer m_locked{
        {.tcp = true, .password = u"open"_s, .users = {u"alice on >sesame ~* &* +@all"_s}}};
};

PRESENCE_TEST(TestClient)
#include "tst_redis_client.moc"
