// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/client.h"
#include "tests/integration/redis/ask.h"
#include "tests/integration/redis/scriptedsentinel.h"
#include "tests/support/redisserver.h"
#include "tests/support/testregistry.h"

#include <QLoggingCategory>
#include <QSignalSpy>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Words = ScriptedServer::Words;

/// What is logged while it lives.
class Log
{
public:
    Log()
    {
        s_lines.clear();
        QLoggingCategory::setFilterRules({});
        m_before = qInstallMessageHandler(
            [](auto, const auto &, const QString &text) { s_lines.append(text); });
    }
    ~Log() { qInstallMessageHandler(m_before); }

    static QString text() { return s_lines.join(u'\n'); }

private:
    static inline QStringList s_lines;
    QtMessageHandler m_before;
};

class TestServerFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aServerThatIsTooSlowIsSentNoMore()
    {
        ScriptedServer server;
        Deployment deployment = at(Endpoint(), server.address());
        deployment.server.commandTimeout = 600ms;
        Client client(deployment);
        QVERIFY(eventually([&] { return client.isReady(); }));
        // As much as it has is answered before its time is over, but what waits is too much.
        server.script = [](const Words &) { return QByteArray(); };
        QTimer answers;
        connect(&answers, &QTimer::timeout, this, [&, answered = qsizetype(0)]() mutable {
            const qsizetype now = server.countOf("GET");
            server.sayTo({"GET"_ba, "key"_ba}, QByteArray("$-1\r\n").repeated(now - answered));
            answered = now;
        });
        answers.start(400);
        constexpr size_t kCommands = 6 * Connection::kWindow;
        size_t answered = 0;
        size_t refused = 0;
        for (size_t i = 0; i < kCommands; ++i) {
            client.command("key", {"GET"_ba, "key"_ba}, [&](const Result<Reply> &reply) {
                ++(reply ? answered : refused);
                if (!reply)
                    QCOMPARE(int(reply.error().code), int(ErrorCode::Unavailable));
            });
        }
        QVERIFY(eventually([&] { return answered + refused == kCommands; }));
        QCOMPARE(answered, size_t(server.countOf("GET")));
        QVERIFY2(refused >= Connection::kWindow, qPrintable(QString::number(refused)));
        QVERIFY2(answered >= 2 * Connection::kWindow, qPrintable(QString::number(answered)));
        QVERIFY(client.isReady() && client.isIdle());
    }

    void aServerThatCannotWriteItsDataStillReads()
    {
        ScriptedServer server;
        server.pong = resp::error("MISCONF Redis is configured to save RDB snapshots");
        server.script = [](const Words &) { return resp::bulk("there"); };
        Client client(at(Endpoint(), server.address()));
        QVERIFY(eventually([&] { return client.isReady(); }));
        QCOMPARE(bytesOf(ask(client, {"GET"_ba, "key"_ba})), "there"_ba);
    }

    void whatIsSaidOfALoginIsNotLogged()
    {
        const Log log;
        ScriptedServer server;
        server.script = [](const Words &words) {
            return resp::error("ERR '" + words.last() + "' is no password");
        };
        Deployment deployment = at(Endpoint(), server.address());
        deployment.server.password = "geheim";
        const Client client(deployment);
        QVERIFY(eventually([] { return Log::text().contains(u"REDIS_PASSWORD"_s); }));
        QVERIFY2(!Log::text().contains(u"geheim"_s), qPrintable(Log::text()));
    }

    // Said before anything is asked, so in place of the first answer.
    void aRefusalIsLoggedAsTheServerSaysIt_data()
    {
        QTest::addColumn<QByteArray>("said");
        QTest::newRow("full") << "ERR max number of clients reached"_ba;
        QTest::newRow("protected") << "DENIED Redis is running in protected mode"_ba;
    }
    void aRefusalIsNotTakenForAWrongPassword_data() { aRefusalIsLoggedAsTheServerSaysIt_data(); }
    void aRefusalIsNotTakenForAWrongPassword()
    {
        QFETCH(QByteArray, said);
        const Log log;
        ScriptedServer server;
        server.script = [said](const Words &) { return resp::error(said); };
        Deployment deployment = at(Endpoint(), server.address());
        deployment.server.password = "geheim";
        const Client client(deployment);
        QVERIFY(eventually([&] { return Log::text().contains(QString::fromLatin1(said)); }));
        QVERIFY2(!Log::text().contains(u"REDIS_PASSWORD"_s), qPrintable(Log::text()));
    }

    void aPasswordThatTheServerDoesNotHaveIsSaid()
    {
        const Log log;
        RedisServer server({.tcp = true});
        QVERIFY(server.start());
        auto endpoint = Endpoint::parse(server.url());
        QVERIFY(endpoint);
        endpoint->password = "geheim";
        const Client client(*endpoint);
        QVERIFY(eventually([] { return Log::text().contains(u"has no password"_s); }));
        QVERIFY2(!Log::text().contains(u"geheim"_s), qPrintable(Log::text()));
    }

    void aRefusalIsLoggedAsTheServerSaysIt()
    {
        QFETCH(QByteArray, said);
        const Log log;
        ScriptedServer server;
        server.hello = resp::error(said);
        server.pong = {};
        const Client client(at(Endpoint(), server.address()));
        QVERIFY(eventually([&] { return Log::text().contains(QString::fromLatin1(said)); }));
        QVERIFY2(!Log::text().contains(u"REDIS_PASSWORD"_s), qPrintable(Log::text()));
        QVERIFY2(!Log::text().contains(u"version"_s), qPrintable(Log::text()));
    }

    void aServerThatIsTooOldIsNamed_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<QString>("says");
        QTest::newRow("6.2") << resp::hello("6.2.14") << u"is version 6.2.14"_s;
        QTest::newRow("5") << resp::error("ERR unknown command `HELLO`") << u"5 or older"_s;
        QTest::newRow("none") << resp::ok() << u"does not say its version"_s;
    }
    void aServerThatIsTooOldIsNamed()
    {
        QFETCH(QByteArray, answer);
        QFETCH(QString, says);
        const Log log;
        ScriptedServer server;
        server.hello = answer;
        const Client client(at(Endpoint(), server.address()));
        QVERIFY(eventually([&] { return Log::text().contains(says); }));
        QVERIFY(!client.isReady());
    }

    void newerServersAreUsed_data()
    {
        QTest::addColumn<QByteArray>("version");
        for (const QByteArray version : {"7.0.0", "7.2.4", "8.1.1", "9.0.0", "10.0", "255.255.255"})
            QTest::newRow(version.constData()) << version;
    }
    void newerServersAreUsed()
    {
        QFETCH(QByteArray, version);
        ScriptedServer server;
        server.hello = resp::hello(version);
        const Client client(at(Endpoint(), server.address()));
        QVERIFY(eventually([&] { return client.isReady(); }));
    }

    void beforeAMasterIsFoundTheLogNamesTheSentinels()
    {
        const Log log;
        ScriptedSentinel sentinel;
        Deployment deployment;
        deployment.kind = Deployment::Kind::Sentinel;
        deployment.masterName = "mymaster";
        deployment.nodes = {sentinel.address()};
        const Client client(deployment);
        QVERIFY(eventually([] { return Log::text().contains(u"know no master"_s); }));
        QVERIFY2(Log::text().contains(sentinel.address().toString()), qPrintable(Log::text()));
        QVERIFY2(!Log::text().contains(u":6379"_s), qPrintable(Log::text()));
    }

    // Between the failover and the news of it there are seconds.
    void aServerThatIsNoMasterIsNotAskedInALoop()
    {
        ScriptedServer server;
        server.role = "replica";
        ScriptedSentinel sentinel(server.address());
        Deployment deployment;
        deployment.kind = Deployment::Kind::Sentinel;
        deployment.masterName = "mymaster";
        deployment.nodes = {sentinel.address()};
        const Client client(deployment);
        QElapsedTimer time;
        time.start();
        QVERIFY(eventually([&] { return server.visits() == 5; }));
        QVERIFY2(time.elapsed() >= 4 * 200, qPrintable(QString::number(time.elapsed())));
    }
};

PRESENCE_TEST(TestServerFaults)
#include "tst_redis_serverfaults.moc"
