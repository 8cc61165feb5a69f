// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/app/config.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <optional>

using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kConfigError = 78;
static constexpr int kUnavailable = 69;

/// presenced as a program: what it is told, how it ends, and who else there is.
class TestProcess : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void helpNamesEveryVariable()
    {
        DaemonProcess daemon({}, {u"--help"_s});
        QCOMPARE(daemon.run(), 0);
        const QByteArray help = daemon.output();
        const auto variables = presence::app::Config::variables();
        QVERIFY(!variables.isEmpty());
        for (const auto &variable : variables) {
            QVERIFY2(help.contains(variable.name.toUtf8()), qPrintable(variable.name));
            QVERIFY2(help.contains(variable.meaning.toUtf8()), qPrintable(variable.name));
        }
        // Those of the seed.
        for (const QByteArray name :
             {"REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_SSL", "REDIS_DATABASE",
              "REDIS_POOL_SIZE", "REDIS_TIMEOUT", "HEARTBEAT_INTERVAL", "PRESENCE_TTL",
              "TYPING_TTL", "NODE_NAME"})
            QVERIFY2(help.contains("  " + name), name.constData());
    }

    void itTellsItsVersion()
    {
        DaemonProcess daemon({}, {u"--version"_s});
        QCOMPARE(daemon.run(), 0);
        QCOMPARE(daemon.output(), "presenced 1.0.0\n"_ba);
    }

    void aValueThatIsWrongEndsItBeforeItBegins_data()
    {
        QTest::addColumn<QString>("variable");
        QTest::addColumn<QString>("value");
        const auto row = [](const QString &variable, const QString &value) {
            QTest::addRow("%s=%s", qPrintable(variable), qPrintable(value)) << variable << value;
        };
        row(u"PRESENCE_BIND"_s, u"0.0.0.0"_s); // without a secret
        row(u"PRESENCE_BIND"_s, u"localhost"_s);
        row(u"PRESENCE_PORT"_s, u"65536"_s);
        row(u"PRESENCE_SHARDS"_s, u"-1"_s);
        row(u"NODE_NAME"_s, u"a b"_s);
        row(u"REDIS_PORT"_s, u"0"_s);
        row(u"REDIS_DATABASE"_s, u"16"_s);
        row(u"REDIS_SSL"_s, u"true"_s); // to its own, over a socket
        row(u"REDIS_SSL_CA"_s, u"/none"_s);
        row(u"REDIS_SENTINELS"_s, u"a:b"_s);
        row(u"REDIS_CLUSTER_NODES"_s, u"a:0"_s);
        row(u"REDIS_TIMEOUT"_s, u"5s"_s);
        row(u"REDIS_POOL_SIZE"_s, u"1001"_s);
        row(u"REDIS_URL"_s, u"http://localhost"_s);
        row(u"HEARTBEAT_INTERVAL"_s, u"1"_s);
        row(u"PRESENCE_TTL"_s, u"1"_s); // less than two heartbeats
        row(u"TYPING_TTL"_s, u"0"_s);
        row(u"VIEW_TTL"_s, u"x"_s);
        row(u"OFFLINE_GRACE"_s, u"60"_s); // not less than PRESENCE_TTL
        row(u"AUTH_JWT_SECRET"_s, u"short"_s);
        row(u"LOG_LEVEL"_s, u"loud"_s);
        row(u"LOG_FORMAT"_s, u"xml"_s);
    }
    void aValueThatIsWrongEndsItBeforeItBegins()
    {
        QFETCH(QString, variable);
        QFETCH(QString, value);
        DaemonProcess daemon({{variable, value}});
        QCOMPARE(daemon.run(), kConfigError);
        const QByteArray said = daemon.output();
        QVERIFY2(said.startsWith("presenced: ") && said.contains(variable.toUtf8()),
                 said.constData());
        QCOMPARE(said.count('\n'), 1);
        if (variable == "AUTH_JWT_SECRET"_L1)
            QVERIFY(!said.contains(value.toUtf8()));
    }

    void aPortInUseEndsIt()
    {
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost));
        refusesPort(other.serverPort());
    }

    void thePortOfAnotherDaemonIsInUse()
    {
        DaemonFixture fixture;
        QVERIFY(fixture.start());
        refusesPort(fixture.daemon.port());
        QCOMPARE(fixture.asNobody().get(u"/health"_s).status, 200);
    }

    void withASecretItListensToEverybody()
    {
        DaemonFixture fixture({{u"PRESENCE_BIND"_s, QString()}});
        QVERIFY(fixture.start());
        QTcpSocket socket;
        socket.connectToHost(u"127.0.0.2"_s, fixture.daemon.port());
        QVERIFY(socket.waitForConnected());
        QVERIFY(!fixture.daemon.output().contains("token"));
    }

    void askedToStopItSendsItsClientsAwayAndEnds()
    {
        DaemonFixture fixture;
        QVERIFY(fixture.start());
        PhoenixClient alice(fixture.daemon.port(), tokenFor(u"alice"_s));
        QVERIFY(alice.open());
        QCOMPARE(alice.join(u"presence:alice"_s)["status"_L1], "ok"_L1);
        fixture.daemon.terminate();
        QCOMPARE(alice.waitForClose(), 4502);
        QCOMPARE(fixture.daemon.ended(), 0);
        QCOMPARE(fixture.cli({u"EXISTS"_s, u"presence:user:alice:devices"_s}), "0"_ba);
    }

    void itEndsAlsoWhileRedisIsAway()
    {
        DaemonFixture fixture;
        QVERIFY(fixture.start());
        QVERIFY(fixture.redis.kill());
        QCOMPARE(fixture.daemon.stop(), 0);
    }

    void itsOwnRedisLostForGoodItSendsItsClientsAwayAndEnds()
    {
        const QTemporaryDir state;
        DaemonProcess daemon({{u"PRESENCE_STATE_DIR"_s, state.path()},
                              {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                              {u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)}});
        QVERIFY(daemon.start());
        PhoenixClient alice(daemon.port(), tokenFor(u"alice"_s));
        QVERIFY(alice.open());
        QCOMPARE(alice.join(u"presence:alice"_s)["status"_L1], "ok"_L1);
        QFile manifest(state.filePath(u"appendonlydir/appendonly.aof.manifest"_s));
        QVERIFY(manifest.open(QIODevice::WriteOnly));
        QVERIFY(manifest.write("damaged") > 0);
        manifest.close();
        // Not SHUTDOWN, at which Redis 8 writes it anew.
        QProcess cli;
        cli.start(u"redis-cli"_s,
                  {u"-s"_s, state.filePath(u"redis.sock"_s), u"INFO"_s, u"server"_s});
        QVERIFY(cli.waitForFinished());
        static const QRegularExpression line(u"process_id:([0-9]+)"_s);
        const pid_t server = line.match(QString::fromLatin1(cli.readAll())).captured(1).toInt();
        QVERIFY(server > 0);
        QCOMPARE(::kill(server, SIGKILL), 0);
        QCOMPARE(alice.waitForClose(), 4502);
        QCOMPARE(daemon.ended(), kUnavailable);
        QVERIFY(daemon.output().contains("presenced: redis-server does not start"));
    }

    void dataOfANewerVersionEndsIt()
    {
        DaemonFixture fixture;
        QVERIFY(fixture.redis.start());
        fixture.cli({u"SET"_s, u"presence:format"_s, u"99"_s});
        QCOMPARE(fixture.daemon.run(), kUnavailable);
        QVERIFY2(fixture.daemon.output().contains("data of a newer presenced (format 99"),
                 fixture.daemon.output().constData());
        QCOMPARE(fixture.cli({u"KEYS"_s, u"*"_s}), "presence:format"_ba);
        fixture.cli({u"DEL"_s, u"presence:format"_s});
        QVERIFY(fixture.daemon.start());
        QTRY_COMPARE(fixture.cli({u"GET"_s, u"presence:format"_s}), "2"_ba);
    }

    void itStartsBeforeItsRedis()
    {
        // Of several shards, each would find Redis in its own time.
        DaemonFixture fixture({{u"PRESENCE_SHARDS"_s, u"1"_s}});
        QVERIFY(fixture.daemon.start());
        QCOMPARE(fixture.asNobody().get(u"/health/live"_s).status, 200);
        QVERIFY(fixture.redis.start());
        QTRY_COMPARE_WITH_TIMEOUT(fixture.asNobody().get(u"/health/ready"_s).status, 200, 20'000);
    }

    void twoOnOneRedisSeeEachOther()
    {
        DaemonFixture fixture({{u"NODE_NAME"_s, u"one"_s}});
        QVERIFY(fixture.start());
        DaemonProcess two(fixture.with({{u"NODE_NAME"_s, u"two"_s}}));
        QVERIFY(two.start());
        PhoenixClient alice(fixture.daemon.port(), tokenFor(u"alice"_s));
        QVERIFY(alice.open());
        QCOMPARE(alice.join(u"user:bob"_s)["status"_L1], "ok"_L1);

        RestClient bob(two.port(), tokenFor(u"bob"_s));
        QCOMPARE(bob.post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "d"_L1}}).status, 204);
        const QString path = u"/api/presence/users/bob"_s;
        QCOMPARE(bob.put(path + u"/status"_s, {{"status"_L1, "busy"_L1}}).status, 200);
        const auto isBusy = [](const QJsonObject &m) { return m["status"_L1] == "busy"_L1; };
        const QJsonObject update = alice.next(u"user:bob"_s, u"status_update"_s, isBusy);
        QCOMPARE(update["user_id"_L1], "bob"_L1);
        QCOMPARE(fixture.as(u"alice"_s).get(path).json()["status"_L1], "busy"_L1);
        QTRY_COMPARE(
            fixture.cli({u"ZRANGE"_s, u"presence:nodes"_s, u"0"_s, u"-1"_s}).split('\n').size(), 2);
    }

    void itNeedsNoGraphicalLibrary()
    {
        QProcess ldd;
        ldd.start(u"ldd"_s, {QStringLiteral(PRESENCED)});
        QVERIFY(ldd.waitForFinished());
        const QByteArray libraries = ldd.readAll();
        QVERIFY(libraries.contains("libQt6Core"));
        for (const QByteArray name :
             {"Qt6Gui", "Qt6Widgets", "Qt6Qml", "libGL", "libX11", "libxcb"})
            QVERIFY2(!libraries.contains(name), libraries.constData());
    }

private:
    static void refusesPort(quint16 port)
    {
        const QTemporaryDir state;
        DaemonProcess daemon(
            {{u"PRESENCE_PORT"_s, QString::number(port)}, {u"PRESENCE_STATE_DIR"_s, state.path()}});
        QCOMPARE(daemon.run(), kUnavailable);
        const QByteArray said = daemon.output();
        QVERIFY2(said.contains("cannot listen on 127.0.0.1:" + QByteArray::number(port)),
                 said.constData());
    }
};

PRESENCE_TEST(TestProcess)
#include "tst_process.moc"
