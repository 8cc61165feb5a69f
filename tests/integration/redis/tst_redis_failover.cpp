// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/client.h"
#include "server/redis/subscriber.h"
#include "tests/support/redisdeployment.h"
#include "tests/support/testregistry.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

using namespace presence;
using namespace presence::redis;
using namespace presence::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Kind = RedisDeployment::Kind;
using Failover = RedisDeployment::Failover;

namespace {

constexpr int kFailoverPatience = 30'000; // ms
constexpr int kChannels = 60;

QByteArray keyOf(int number)
{
    return "{key" + QByteArray::number(number % 500) + "}:" + QByteArray::number(number);
}

/// Writes a key every 2 ms, over all slots, and knows what became of each.
class Writer : public QObject
{
public:
    explicit Writer(const Deployment &deployment) : m_client(deployment)
    {
        connect(&m_timer, &QTimer::timeout, this, &Writer::write);
        m_timer.start(2ms);
    }

    void stop() { m_timer.stop(); }
    bool isDone() const { return m_sent == acknowledged.size() + refused; }
    /// So many in a row have been acknowledged.
    bool isHealthy(int many) const { return m_inARow >= many; }
    void expectFault() { m_inARow = 0; }

    QList<int> acknowledged;
    qsizetype refused = 0;

private:
    void write()
    {
        const int number = m_next++;
        ++m_sent;
        m_client.command(keyOf(number), {"SET", keyOf(number), "x"},
                         [this, number](const Result<Reply> &reply) {
                             const bool isDone = reply && !reply->isError();
                             m_inARow = isDone ? m_inARow + 1 : 0;
                             if (isDone)
                                 acknowledged.append(number);
                             else
                                 ++refused;
                         });
    }

    Client m_client;
    QTimer m_timer;
    int m_next = 0;
    qsizetype m_sent = 0;
    int m_inARow = 0;
};

/// Listens to kChannels, and says on all of them until each was heard.
class Listener
{
public:
    explicit Listener(const Deployment &deployment) : m_subscriber(deployment), m_client(deployment)
    {
        QObject::connect(&m_subscriber, &Subscriber::message, &m_subscriber,
                         [this](const QByteArray &channel) { m_heard.insert(channel); });
        for (int i = 0; i < kChannels; ++i)
            m_subscriber.subscribe(name(i));
    }

    bool hearsAll()
    {
        m_heard.clear();
        return QTest::qWaitFor(
            [this] {
                for (int i = 0; i < kChannels; ++i) {
                    if (!m_heard.contains(name(i)))
                        m_client.command(name(i), {"SPUBLISH", name(i), "x"}, {});
                }
                return m_heard.size() == kChannels;
            },
            kFailoverPatience);
    }

private:
    static QByteArray name(int i) { return "{c" + QByteArray::number(i) + "}:channel"; }

    Subscriber m_subscriber;
    Client m_client;
    QSet<QByteArray> m_heard;
};

} // namespace

/// Real servers that fail, and that are changed while they are used.
class TestFailover : public QObject
{
    Q_OBJECT
private:
    /// Everything that was acknowledged is there.
    static qsizetype lost(const RedisDeployment &redis, const QList<int> &numbers)
    {
        Client client(redis.deployment());
        qsizetype found = 0;
        qsizetype answered = 0;
        for (const int number : numbers) {
            client.command(keyOf(number), {"EXISTS", keyOf(number)}, [&](const auto &reply) {
                ++answered;
                found += reply ? reply->toInteger().value_or(0) : 0;
            });
        }
        if (!QTest::qWaitFor([&] { return answered == numbers.size(); }, kFailoverPatience))
            return -1;
        return numbers.size() - found;
    }

    static bool finish(Writer &writer)
    {
        writer.stop();
        return QTest::qWaitFor([&] { return writer.isDone(); }, kFailoverPatience);
    }

private Q_SLOTS:
    void aMasterUnderSentinelDies_data()
    {
        QTest::addColumn<bool>("hangs");
        QTest::newRow("is killed") << false;
        QTest::newRow("stands still") << true;
    }
    void aMasterUnderSentinelDies()
    {
        QFETCH(bool, hangs);
        RedisDeployment redis({}, Kind::Sentinel, Failover::WhenSilent);
        QVERIFY(redis.start());
        Deployment deployment = redis.deployment();
        deployment.server.commandTimeout = 1s;
        Writer writer(deployment);
        Listener listener(deployment);
        QTRY_VERIFY(writer.isHealthy(200));
        QVERIFY(listener.hearsAll());
        const size_t master = redis.currentMaster();
        // What replicas have got may be relied on; what they have not, Redis itself loses.
        redis.cli({u"WAIT"_s, u"2"_s, u"1000"_s});
        const QList<int> kept = writer.acknowledged;
        QElapsedTimer timer;
        timer.start();
        if (hangs)
            redis.server(master).freeze();
        else
            QVERIFY(redis.server(master).kill());
        writer.expectFault();
        QVERIFY(
            QTest::qWaitFor([&] { return redis.currentMaster() != master; }, kFailoverPatience));
        const qint64 redisTook = timer.elapsed();
        writer.expectFault();
        QVERIFY(QTest::qWaitFor([&] { return writer.isHealthy(50); }, kFailoverPatience));
        qInfo("sentinels took %lld ms, writes work after %lld ms, %lld refused", redisTook,
              timer.elapsed(), qint64(writer.refused));
        QVERIFY(listener.hearsAll());
        // It comes back as a replica, and nobody writes to it.
        if (hangs)
            redis.server(master).thaw();
        QVERIFY(finish(writer));
        QCOMPARE(lost(redis, kept), 0);
    }

    void aMasterOfAClusterDies()
    {
        RedisDeployment redis({}, Kind::Cluster, Failover::WhenSilent);
        QVERIFY(redis.start());
        Deployment deployment = redis.deployment();
        deployment.server.commandTimeout = 1s;
        Writer writer(deployment);
        Listener listener(deployment);
        QTRY_VERIFY(writer.isHealthy(200));
        QVERIFY(listener.hearsAll());
        for (size_t i = 0; i < redis.masters(); ++i)
            redis.server(i).cli({u"WAIT"_s, u"1"_s, u"1000"_s});
        const QList<int> kept = writer.acknowledged;
        QElapsedTimer timer;
        timer.start();
        QVERIFY(redis.server(1).kill());
        const auto isPromoted = [&] {
            return redis.server(4).cli({u"ROLE"_s}).startsWith("master")
                && redis.server(0).cli({u"CLUSTER"_s, u"INFO"_s}).contains("cluster_state:ok");
        };
        QVERIFY(QTest::qWaitFor(isPromoted, kFailoverPatience));
        const qint64 redisTook = timer.elapsed();
        writer.expectFault();
        QVERIFY(QTest::qWaitFor([&] { return writer.isHealthy(200); }, kFailoverPatience));
        qInfo("the cluster took %lld ms, writes work after %lld ms, %lld refused", redisTook,
              timer.elapsed(), qint64(writer.refused));
        QVERIFY(listener.hearsAll());
        QVERIFY(finish(writer));
        QCOMPARE(lost(redis, kept), 0);
    }

    void aReplicaTakesOver()
    {
        RedisDeployment redis({}, Kind::Cluster);
        QVERIFY(redis.start());
        Writer writer(redis.deployment());
        Listener listener(redis.deployment());
        QTRY_VERIFY(writer.isHealthy(200));
        QCOMPARE(redis.server(3).cli({u"CLUSTER"_s, u"FAILOVER"_s}), "OK"_ba);
        QVERIFY(
            QTest::qWaitFor([&] { return redis.server(3).cli({u"ROLE"_s}).startsWith("master"); },
                            kFailoverPatience));
        writer.expectFault();
        QVERIFY(QTest::qWaitFor([&] { return writer.isHealthy(200); }, kFailoverPatience));
        QVERIFY(listener.hearsAll());
        QVERIFY(finish(writer));
        QCOMPARE(writer.refused, 0);
        QCOMPARE(lost(redis, writer.acknowledged), 0);
    }

    void slotsMoveBackAndForth()
    {
        RedisDeployment redis({}, Kind::Cluster);
        QVERIFY(redis.start());
        Writer writer(redis.deployment());
        Listener listener(redis.deployment());
        QTRY_VERIFY(writer.isHealthy(200));
        QVERIFY(listener.hearsAll());
        const QString first = QString::fromLatin1(redis.server(0).cli({u"CLUSTER"_s, u"MYID"_s}));
        const QString second = QString::fromLatin1(redis.server(1).cli({u"CLUSTER"_s, u"MYID"_s}));
        const QString address = u"127.0.0.1:%1"_s.arg(redis.server(0).port());
        const auto agree = [&address] {
            return QProcess::execute(u"redis-cli"_s, {u"--cluster"_s, u"check"_s, address}) == 0;
        };
        for (const auto &[from, to] : {std::pair(first, second), std::pair(second, first)}) {
            // On a busy machine the nodes may not all have heard of each other, or of the last
            // move.
            QTRY_VERIFY_WITH_TIMEOUT(agree(), 2 * kFailoverPatience);
            QProcess reshard;
            reshard.setProcessChannelMode(QProcess::MergedChannels);
            reshard.start(u"redis-cli"_s,
                          {u"--cluster"_s, u"reshard"_s, address, u"--cluster-from"_s, from,
                           u"--cluster-to"_s, to, u"--cluster-slots"_s, u"1000"_s,
                           u"--cluster-yes"_s});
            const auto hasEnded = [&] { return reshard.state() == QProcess::NotRunning; };
            QVERIFY(QTest::qWaitFor(hasEnded, 2 * kFailoverPatience));
            QVERIFY2(reshard.exitCode() == 0, reshard.readAll().right(500).constData());
            QVERIFY(listener.hearsAll());
        }
        QVERIFY(finish(writer));
        QCOMPARE(writer.refused, 0);
        QCOMPARE(lost(redis, writer.acknowledged), 0);
    }
};

PRESENCE_TEST(TestFailover)
#include "tst_redis_failover.moc"
