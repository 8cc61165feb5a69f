// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/scene.h"
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
    static QByteArray set(Scene &scene, const QString &name, const QString &value)
    {
        return scene.redis.cli({u"CONFIG"_s, u"SET"_s, name, value});
    }

    static RestResponse read(const Scene &scene)
    {
        return RestClient(scene.nodes.front()->port(), tokenFor(u"observer"_s))
            .get(u"/api/presence/users/m0"_s);
    }

    static qint64 usedMemory(const Scene &scene)
    {
        const QByteArray info = scene.redis.cli({u"INFO"_s, u"memory"_s});
        const qsizetype line = info.indexOf("used_memory:");
        return info.sliced(line + 12).split('\r').first().toLongLong();
    }

private Q_SLOTS:
    void itStandsStill()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.start());
        play(scene, "SIGSTOP for 10 s", {}, [&] {
            scene.redis.freeze();
            QTest::qWait(10'000);
            scene.redis.thaw();
            return true;
        });
    }

    void itIsAway()
    {
        Scene scene(Kind::Single, {.appendOnly = true});
        QVERIFY(scene.start());
        play(scene, "away for 8 s, with its data", {}, [&] {
            const bool isAway = scene.redis.kill();
            QTest::qWait(8000);
            return isAway && scene.redis.start();
        });
    }

    void itIsSlow()
    {
        Scene scene(Kind::Single, {.extra = {u"--enable-debug-command"_s, u"yes"_s}});
        QVERIFY(scene.start());
        play(scene, "a second a turn, ten times", {}, [&] {
            QProcess process;
            process.start(u"redis-cli"_s,
                          {u"-s"_s, scene.redis.server(0).socketPath(), u"-r"_s, u"10"_s,
                           u"DEBUG"_s, u"SLEEP"_s, u"1"_s});
            return waitFor([&] { return process.state() == QProcess::NotRunning; });
        });
    }

    void itIsFull()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.start());
        play(scene, "out of memory for 5 s", {.slowest = 3000}, [&] {
            const bool isSet = set(scene, u"maxmemory"_s, u"1"_s) == "OK";
            QTest::qWait(5000);
            const bool isRead = read(scene).status == 200;
            return isSet && isRead && set(scene, u"maxmemory"_s, u"0"_s) == "OK";
        });
        QVERIFY(scene.crowd->refused() > 0);
    }

    void itIsReadOnly()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.start());
        play(scene, "read-only for 5 s", {.slowest = 3000}, [&] {
            scene.redis.cli({u"REPLICAOF"_s, u"127.0.0.1"_s, u"1"_s});
            QTest::qWait(5000);
            const bool isRead = read(scene).status == 200;
            return isRead && scene.redis.cli({u"REPLICAOF"_s, u"NO"_s, u"ONE"_s}) == "OK";
        });
        QVERIFY(scene.crowd->refused() > 0);
    }

    void itIsStartedEmpty()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.start({{u"HEARTBEAT_INTERVAL"_s, u"3000"_s}}));
        int status = 0;
        play(scene, "started empty", {}, [&] {
            const bool isEmpty = scene.redis.kill() && scene.redis.start();
            // Who is not there in it may be there all the same.
            const bool isBack = waitFor([&] { return scene.crowd->isWell(20); });
            status = read(scene).status;
            return isEmpty && isBack;
        });
        QCOMPARE(status, 503);
        // Nobody changed anything since: it is the statuses that were kept.
        QCOMPARE(scene.said(), scene.crowd->acknowledged());
    }

    void itForgets()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.start({{u"HEARTBEAT_INTERVAL"_s, u"3000"_s}}));
        play(scene, "evicting for 5 s", {}, [&] {
            const QString most = QString::number(usedMemory(scene) * 9 / 10);
            const bool isSet = set(scene, u"maxmemory-policy"_s, u"allkeys-lru"_s) == "OK"
                && set(scene, u"maxmemory"_s, most) == "OK";
            QTest::qWait(5000);
            return isSet && set(scene, u"maxmemory"_s, u"0"_s) == "OK";
        });
        QVERIFY(!scene.redis.cli({u"INFO"_s, u"stats"_s}).contains("evicted_keys:0\r"));
    }
};

PRESENCE_TEST(TestOutages)
#include "tst_outages.moc"
