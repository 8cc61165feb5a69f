// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/relay.h"
#include "tests/integration/faults/scene.h"
#include "tests/support/testregistry.h"

#include <QProcess>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;
using Kind = RedisDeployment::Kind;
using Failover = RedisDeployment::Failover;

/// A deployment loses a part, or is changed, under load.
class TestFaults : public QObject
{
    Q_OBJECT
private:
    static bool reshard(RedisDeployment &redis, size_t from, size_t to)
    {
        const QString any = u"127.0.0.1:%1"_s.arg(redis.server(0).port());
        const auto id = [&](size_t i) {
            return QString::fromLatin1(redis.server(i).cli({u"CLUSTER"_s, u"MYID"_s}));
        };
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        const auto run = [&](const QStringList &arguments) {
            process.start(u"redis-cli"_s, QStringList{u"--cluster"_s} + arguments);
            return waitFor([&] { return process.state() == QProcess::NotRunning; })
                && process.exitCode() == 0;
        };
        // They have to have heard of the last time.
        const bool isDone = waitFor([&] {
                                return run({u"check"_s, any});
                            })
            && run({u"reshard"_s, any, u"--cluster-from"_s, id(from), u"--cluster-to"_s, id(to),
                    u"--cluster-slots"_s, u"1000"_s, u"--cluster-yes"_s});
        if (!isDone)
            qWarning("%s", process.readAll().right(1000).constData());
        return isDone;
    }

private Q_SLOTS:
    void aMasterUnderSentinelIsKilled()
    {
        Scene scene(Kind::Sentinel, {}, Failover::WhenSilent);
        QVERIFY(scene.start());
        const size_t master = scene.redis.currentMaster();
        play(scene, "kill -9 of the master under Sentinel", {}, [&] {
            return scene.redis.server(master).kill()
                && waitFor([&] { return scene.redis.currentMaster() != master; });
        });
    }

    void aMasterUnderSentinelStandsStill()
    {
        Scene scene(Kind::Sentinel, {}, Failover::WhenSilent);
        QVERIFY(scene.start());
        RedisDeployment &redis = scene.redis;
        const size_t master = redis.currentMaster();
        play(scene, "the master under Sentinel stands still, and is there again", {}, [&] {
            redis.server(master).freeze();
            const bool hasMoved = waitFor([&] { return redis.currentMaster() != master; });
            redis.server(master).thaw();
            return hasMoved;
        });
    }

    /// For seconds there are two masters, and the sentinels know which one is forgotten.
    void sentinelsLeaveALivingMaster()
    {
        Scene scene(Kind::Sentinel);
        QVERIFY(scene.start());
        RedisDeployment &redis = scene.redis;
        const size_t master = redis.currentMaster();
        play(scene, "SENTINEL FAILOVER", {.mayGoBack = true}, [&] {
            return redis.failOver() && waitFor([&] {
                       return redis.server(master).cli({u"ROLE"_s}).startsWith("slave");
                   });
        });
    }

    void aMasterOfAClusterIsKilled()
    {
        Scene scene(Kind::Cluster, {}, Failover::WhenSilent);
        QVERIFY(scene.start());
        RedisDeployment &redis = scene.redis;
        play(scene, "kill -9 of a cluster's master", {}, [&] {
            return redis.server(1).kill() && waitFor([&] {
                       return redis.server(4).cli({u"ROLE"_s}).startsWith("master")
                           && redis.server(0)
                                  .cli({u"CLUSTER"_s, u"INFO"_s})
                                  .contains("cluster_state:ok");
                   });
        });
    }

    void slotsMoveBackAndForth()
    {
        Scene scene(Kind::Cluster);
        QVERIFY(scene.start());
        play(scene, "1,000 slots there and back", {.mayRefuse = false},
             [&] { return reshard(scene.redis, 0, 1) && reshard(scene.redis, 1, 0); });
    }

    void aReplicaTakesOver()
    {
        Scene scene(Kind::Cluster);
        QVERIFY(scene.start());
        RedisDeployment &redis = scene.redis;
        play(scene, "CLUSTER FAILOVER", {.mayRefuse = false}, [&] {
            return redis.server(3).cli({u"CLUSTER"_s, u"FAILOVER"_s}) == "OK"
                && waitFor([&] { return redis.server(3).cli({u"ROLE"_s}).startsWith("master"); });
        });
    }

    void aNodeIsCutOff()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.redis.start());
        Relay relay(scene.redis.server(0).socketPath());
        const QString url = u"redis://127.0.0.1:%1"_s.arg(relay.serverPort());
        QVERIFY(scene.start({}, {{{u"REDIS_URL"_s, url}}}));
        play(scene, "one of two nodes cut off for 10 s", {}, [&] {
            relay.cut();
            QTest::qWait(10'000);
            relay.mend();
            return true;
        });
    }
};

PRESENCE_TEST(TestFaults)
#include "tst_faults.moc"
