// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/integration/faults/crowd.h"
#include "tests/integration/faults/onlooker.h"
#include "tests/integration/faults/relay.h"

#include <QElapsedTimer>
#include <QProcess>

using namespace presence::test;
using namespace Qt::StringLiterals;
using Kind = RedisDeployment::Kind;

namespace {

constexpr int kPatience = 60'000; // ms
constexpr int kNodes = 2;
constexpr int kInARow = 200;

int number(const char *variable, int otherwise)
{
    return qEnvironmentVariableIsSet(variable) ? qEnvironmentVariableIntValue(variable) : otherwise;
}

/// Nodes on a Redis, a crowd that changes and onlookers, until something breaks and after it.
class Scene
{
public:
    explicit Scene(Kind kind) : redis({.tcp = true, .appendOnly = true}, kind) { }

    /// `places`: of Redis, for each node; where it really is, if none is said.
    bool start(const std::vector<QMap<QString, QString>> &places = {})
    {
        if (!redis.start())
            return false;
        std::vector<quint16> ports;
        for (size_t i = 0; i < kNodes; ++i) {
            DaemonProcess::Environment environment = redis.environment();
            environment.insert(i < places.size() ? places[i] : QMap<QString, QString>());
            environment.insert({{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                                {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                                {u"PRESENCE_SHARDS"_s, u"1"_s},
                                {u"LOG_LEVEL"_s, u"error"_s}});
            if (!nodes.emplace_back(std::make_unique<DaemonProcess>(environment))->start())
                return false;
            ports.push_back(nodes.back()->port());
        }
        const int size = number("FAULT_CLIENTS", 300);
        const Crowd::Options options{size, number("FAULT_CHANGES", 150), std::max(1, size / 20)};
        crowd = std::make_unique<Crowd>(ports, options);
        if (!crowd->enter())
            return false;
        for (int i = 0; i < std::min(10, options.workspaces); ++i) {
            for (const quint16 port : ports)
                onlookers.push_back(std::make_unique<Onlooker>(port, Crowd::workspaceOf(i)));
        }
        crowd->start();
        return QTest::qWaitFor(
            [&] {
                return crowd->isWell(kInARow)
                    && std::ranges::all_of(onlookers, [](const auto &o) { return o->isThere(); });
            },
            kPatience);
    }

    /// What was acknowledged and has got to the replicas.
    QHash<QString, int> confirmed()
    {
        const QHash<QString, int> all = crowd->acknowledged();
        const bool isSentinel = redis.kind() == Kind::Sentinel;
        for (size_t i = 0; i < redis.masters(); ++i) {
            const size_t master = isSentinel ? redis.currentMaster() : i;
            if (redis.size() > redis.masters())
                redis.server(master).cli({u"WAIT"_s, isSentinel ? u"2"_s : u"1"_s, u"1000"_s});
        }
        return all;
    }

    /// What the service says of each user; -1 of one who is offline.
    QHash<QString, int> said()
    {
        constexpr qsizetype kAtOnce = 1000;
        QHash<QString, int> all;
        const QStringList users = crowd->tried().keys();
        RestClient client(nodes.front()->port(), tokenFor(u"observer"_s));
        for (qsizetype i = 0; i < users.size(); i += kAtOnce) {
            const auto some = QJsonArray::fromStringList(users.mid(i, kAtOnce));
            const auto answer = client.post(u"/api/presence/bulk"_s, {{u"user_ids"_s, some}});
            for (const QJsonValue &user : answer.array())
                all.insert(user["user_id"_L1].toString(),
                           user["status"_L1] == "offline"_L1
                               ? -1
                               : user["custom_message"_L1].toString().toInt());
        }
        return all;
    }

    /// What an onlooker holds that the service does not say; empty when all agree.
    QString difference()
    {
        const QHash<QString, int> truth = said();
        for (const auto &onlooker : onlookers) {
            const auto &view = onlooker->view();
            for (auto it = view.begin(); it != view.end(); ++it) {
                if (truth.value(it.key(), -1) != it.value())
                    return u"%1: %2 is held, %3 said"_s.arg(it.key()).arg(*it).arg(
                        truth.value(it.key(), -1));
            }
        }
        return {};
    }

    QStringList faults() const
    {
        QStringList all;
        for (const auto &onlooker : onlookers)
            all += onlooker->faults();
        return all;
    }
    int setbacks() const
    {
        int sum = 0;
        for (const auto &onlooker : onlookers)
            sum += onlooker->setbacks();
        return sum;
    }
    int dropped() const
    {
        return crowd->dropped()
            + static_cast<int>(
                   std::ranges::count_if(onlookers, [](const auto &o) { return o->isClosed(); }));
    }

    RedisDeployment redis;
    std::vector<std::unique_ptr<DaemonProcess>> nodes;
    std::unique_ptr<Crowd> crowd;
    std::vector<std::unique_ptr<Onlooker>> onlookers;
};

} // namespace

/// Redis fails, or is changed, under load. FAULT_CLIENTS and FAULT_CHANGES (a second) say how much.
class TestFaults : public QObject
{
    Q_OBJECT
private:
    /// `fault` returns when Redis itself is well again.
    static void play(Scene &scene, const char *name, const std::function<bool()> &fault)
    {
        Crowd &crowd = *scene.crowd;
        const auto kept = scene.confirmed();
        crowd.expectTrouble();
        QElapsedTimer time;
        time.start();
        QVERIFY(fault());
        const qint64 redisTook = time.elapsed();
        QVERIFY(QTest::qWaitFor([&] { return crowd.isWell(kInARow); }, kPatience));
        QVERIFY(crowd.stop());
        QTRY_COMPARE_WITH_TIMEOUT(scene.difference(), QString(), kPatience);
        const auto said = scene.said();
        const auto tried = crowd.tried();
        const auto acknowledged = crowd.acknowledged();
        int lost = 0;
        int forgotten = 0;
        for (auto it = said.begin(); it != said.end(); ++it) {
            QVERIFY2(*it <= tried[it.key()], qPrintable(it.key()));
            lost += *it < kept[it.key()];
            forgotten += *it < acknowledged[it.key()];
        }
        qInfo(
            "%s: Redis %lld ms, changes work after %lld ms, slowest answer %lld ms, %d of %d "
            "refused, %d acknowledged and lost (%d by Redis), %d set back, %lld wrong, %d dropped",
            name, redisTook, crowd.troubledFor(), crowd.slowest(), crowd.refused(), crowd.changes(),
            lost, forgotten, scene.setbacks(), qint64(scene.faults().size()), scene.dropped());
        QCOMPARE(said.size(), tried.size());
        QCOMPARE(lost, 0);
        QVERIFY2(scene.setbacks() <= forgotten * 2, "somebody went back in counting");
        QCOMPARE(scene.faults().mid(0, 10), QStringList());
        QCOMPARE(scene.dropped(), 0);
    }

    static bool waitFor(const std::function<bool()> &isSo)
    {
        return QTest::qWaitFor(isSo, kPatience);
    }

    static bool reshard(RedisDeployment &redis, size_t from, size_t to)
    {
        const auto id = [&](size_t i) {
            return QString::fromLatin1(redis.server(i).cli({u"CLUSTER"_s, u"MYID"_s}));
        };
        // They have to have heard of the last time.
        const auto isAgreed = [&] {
            return QProcess::execute(
                       u"redis-cli"_s,
                       {u"--cluster"_s, u"check"_s, u"127.0.0.1:%1"_s.arg(redis.server(0).port())})
                == 0;
        };
        if (!waitFor(isAgreed))
            return false;
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(u"redis-cli"_s,
                      {u"--cluster"_s, u"reshard"_s, u"127.0.0.1:%1"_s.arg(redis.server(0).port()),
                       u"--cluster-from"_s, id(from), u"--cluster-to"_s, id(to),
                       u"--cluster-slots"_s, u"1000"_s, u"--cluster-yes"_s});
        if (!waitFor([&] { return process.state() == QProcess::NotRunning; }))
            return false;
        if (process.exitCode() != 0)
            qWarning("%s", process.readAll().right(1000).constData());
        return process.exitCode() == 0;
    }

private Q_SLOTS:
    void aMasterUnderSentinelIsKilled()
    {
        Scene scene(Kind::Sentinel);
        QVERIFY(scene.start());
        const size_t master = scene.redis.currentMaster();
        play(scene, "kill -9 of the master under Sentinel", [&] {
            return scene.redis.server(master).kill()
                && waitFor([&] { return scene.redis.currentMaster() != master; });
        });
    }

    void aMasterOfAClusterIsKilled()
    {
        Scene scene(Kind::Cluster);
        QVERIFY(scene.start());
        RedisDeployment &redis = scene.redis;
        play(scene, "kill -9 of a cluster's master", [&] {
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
        play(scene, "1,000 slots there and back",
             [&] { return reshard(scene.redis, 0, 1) && reshard(scene.redis, 1, 0); });
        QCOMPARE(scene.crowd->refused(), 0);
    }

    void aReplicaTakesOver()
    {
        Scene scene(Kind::Cluster);
        QVERIFY(scene.start());
        RedisDeployment &redis = scene.redis;
        play(scene, "CLUSTER FAILOVER", [&] {
            return redis.server(3).cli({u"CLUSTER"_s, u"FAILOVER"_s}) == "OK"
                && waitFor([&] { return redis.server(3).cli({u"ROLE"_s}).startsWith("master"); });
        });
        QCOMPARE(scene.crowd->refused(), 0);
    }

    void redisStandsStill()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.start());
        play(scene, "SIGSTOP for 10 s", [&] {
            scene.redis.freeze();
            QTest::qWait(10'000);
            scene.redis.thaw();
            return true;
        });
    }

    void aNodeIsCutOff()
    {
        Scene scene(Kind::Single);
        QVERIFY(scene.redis.start());
        Relay relay(scene.redis.server(0).socketPath());
        QVERIFY(
            scene.start({{{u"REDIS_URL"_s, u"redis://127.0.0.1:%1"_s.arg(relay.serverPort())}}}));
        play(scene, "one of two nodes cut off for 10 s", [&] {
            relay.cut();
            QTest::qWait(10'000);
            relay.mend();
            return true;
        });
    }
};

QTEST_GUILESS_MAIN(TestFaults)
#include "tst_faults.moc"
