// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/clusterfixture.h"
#include "tests/support/restclient.h"
#include "tests/support/testregistry.h"
#include "tests/support/token.h"

#include <QProcess>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;
using Kind = RedisDeployment::Kind;

/// One server is away, or is not what it was, under load.
class TestOutages : public QObject
{
    Q_OBJECT
private:
    static QByteArray set(ClusterFixture &fixture, const QString &name, const QString &value)
    {
        return fixture.redis.cli({u"CONFIG"_s, u"SET"_s, name, value});
    }

    static RestResponse read(const ClusterFixture &fixture)
    {
        return RestClient(fixture.nodes.front()->port(), tokenFor(u"observer"_s))
            .get(u"/api/presence/users/m0"_s);
    }

    static qint64 usedMemory(const ClusterFixture &fixture)
    {
        const QByteArray info = fixture.redis.cli({u"INFO"_s, u"memory"_s});
        const qsizetype line = info.indexOf("used_memory:");
        return info.sliced(line + 12).split('\r').first().toLongLong();
    }

private Q_SLOTS:
    void itStandsStill()
    {
        ClusterFixture fixture(Kind::Single);
        QVERIFY(fixture.start());
        play(fixture, "SIGSTOP for 10 s", {}, [&] {
            fixture.redis.freeze();
            QTest::qWait(10'000);
            fixture.redis.thaw();
            return true;
        });
    }

    void itIsAway()
    {
        ClusterFixture fixture(Kind::Single, {.appendOnly = true});
        QVERIFY(fixture.start());
        play(fixture, "away for 8 s, with its data", {}, [&] {
            const bool isAway = fixture.redis.kill();
            QTest::qWait(8000);
            return isAway && fixture.redis.start();
        });
    }

    void itIsSlow()
    {
        ClusterFixture fixture(Kind::Single, {.extra = {u"--enable-debug-command"_s, u"yes"_s}});
        QVERIFY(fixture.start());
        play(fixture, "a second a turn, ten times", {}, [&] {
            QProcess process;
            process.start(u"redis-cli"_s,
                          {u"-s"_s, fixture.redis.server(0).socketPath(), u"-r"_s, u"10"_s,
                           u"DEBUG"_s, u"SLEEP"_s, u"1"_s});
            return waitFor([&] { return process.state() == QProcess::NotRunning; });
        });
    }

    void itIsFull()
    {
        ClusterFixture fixture(Kind::Single);
        QVERIFY(fixture.start());
        play(fixture, "out of memory for 5 s", {.slowest = 3000}, [&] {
            const bool isSet = set(fixture, u"maxmemory"_s, u"1"_s) == "OK";
            QTest::qWait(5000);
            const bool isRead = read(fixture).status == 200;
            return isSet && isRead && set(fixture, u"maxmemory"_s, u"0"_s) == "OK";
        });
        QVERIFY(fixture.load->refused() > 0);
    }

    void itIsReadOnly()
    {
        ClusterFixture fixture(Kind::Single);
        QVERIFY(fixture.start());
        // It is left: behind its name there may be a master in a moment.
        play(fixture, "a replica for 5 s", {}, [&] {
            fixture.redis.cli({u"REPLICAOF"_s, u"127.0.0.1"_s, u"1"_s});
            QTest::qWait(5000);
            return fixture.redis.cli({u"REPLICAOF"_s, u"NO"_s, u"ONE"_s}) == "OK";
        });
        QVERIFY(fixture.load->refused() > 0);
    }

    void itIsStartedEmpty()
    {
        ClusterFixture fixture(Kind::Single);
        QVERIFY(fixture.start({{u"HEARTBEAT_INTERVAL"_s, u"3000"_s}}));
        int status = 0;
        play(fixture, "started empty", {}, [&] {
            const bool isEmpty = fixture.redis.kill() && fixture.redis.start();
            // Who is not there in it may be there all the same.
            const bool isBack = waitFor([&] { return fixture.load->isHealthy(20); });
            status = read(fixture).status;
            return isEmpty && isBack;
        });
        QCOMPARE(status, 503);
        // Nobody changed anything since: it is the statuses that were kept.
        QCOMPARE(fixture.said(), fixture.load->acknowledged());
    }

    void itForgets()
    {
        ClusterFixture fixture(Kind::Single);
        QVERIFY(fixture.start({{u"HEARTBEAT_INTERVAL"_s, u"3000"_s}}));
        play(fixture, "evicting for 5 s", {}, [&] {
            const QString most = QString::number(usedMemory(fixture) * 9 / 10);
            const bool isSet = set(fixture, u"maxmemory-policy"_s, u"allkeys-lru"_s) == "OK"
                && set(fixture, u"maxmemory"_s, most) == "OK";
            QTest::qWait(5000);
            return isSet && set(fixture, u"maxmemory"_s, u"0"_s) == "OK";
        });
        QVERIFY(!fixture.redis.cli({u"INFO"_s, u"stats"_s}).contains("evicted_keys:0\r"));
    }
};

PRESENCE_TEST(TestOutages)
#include "tst_outages.moc"
