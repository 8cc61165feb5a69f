// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/faults/clusterfixture.h"
#include "tests/integration/faults/relay.h"
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
        ClusterFixture fixture(Kind::Sentinel, {}, Failover::WhenSilent);
        QVERIFY(fixture.start());
        const size_t master = fixture.redis.currentMaster();
        play(fixture, "kill -9 of the master under Sentinel", {}, [&] {
            return fixture.redis.server(master).kill()
                && waitFor([&] { return fixture.redis.currentMaster() != master; });
        });
    }

    void aMasterUnderSentinelStandsStill()
    {
        ClusterFixture fixture(Kind::Sentinel, {}, Failover::WhenSilent);
        QVERIFY(fixture.start());
        RedisDeployment &redis = fixture.redis;
        const size_t master = redis.currentMaster();
        play(fixture, "the master under Sentinel stands still, and is there again", {}, [&] {
            redis.server(master).freeze();
            const bool hasMoved = waitFor([&] { return redis.currentMaster() != master; });
            redis.server(master).thaw();
            return hasMoved;
        });
    }

    /// For seconds there are two masters, and the sentinels know which one is forgotten.
    void sentinelsLeaveALivingMaster()
    {
        ClusterFixture fixture(Kind::Sentinel);
        QVERIFY(fixture.start());
        RedisDeployment &redis = fixture.redis;
        const size_t master = redis.currentMaster();
        play(fixture, "SENTINEL FAILOVER", {.mayGoBack = true}, [&] {
            return redis.failOver() && waitFor([&] {
                       return redis.server(master).cli({u"ROLE"_s}).startsWith("slave");
                   });
        });
    }

    void aMasterOfAClusterIsKilled()
    {
        ClusterFixture fixture(Kind::Cluster, {}, Failover::WhenSilent);
        QVERIFY(fixture.start());
        RedisDeployment &redis = fixture.redis;
        play(fixture, "kill -9 of a cluster's master", {}, [&] {
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
        ClusterFixture fixture(Kind::Cluster);
        QVERIFY(fixture.start());
        play(fixture, "1,000 slots there and back", {.mayRefuse = false},
             [&] { return reshard(fixture.redis, 0, 1) && reshard(fixture.redis, 1, 0); });
    }

    void aReplicaTakesOver()
    {
        ClusterFixture fixture(Kind::Cluster);
        QVERIFY(fixture.start());
        RedisDeployment &redis = fixture.redis;
        play(fixture, "CLUSTER FAILOVER", {.mayRefuse = false}, [&] {
            return redis.server(3).cli({u"CLUSTER"_s, u"FAILOVER"_s}) == "OK"
                && waitFor([&] { return redis.server(3).cli({u"ROLE"_s}).startsWith("master"); });
        });
    }

    void aNodeIsCutOff()
    {
        ClusterFixture fixture(Kind::Single);
        QVERIFY(fixture.redis.start());
        Relay relay(fixture.redis.server(0).socketPath());
        const QString url = u"redis://127.0.0.1:%1"_s.arg(relay.serverPort());
        QVERIFY(fixture.start({}, {{{u"REDIS_URL"_s, url}}}));
        play(fixture, "one of two nodes cut off for 10 s", {}, [&] {
            relay.cut();
            QTest::qWait(10'000);
            relay.restore();
            return true;
        });
    }
};

PRESENCE_TEST(TestFaults)
#include "tst_faults.moc"
