// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/shard.h"
#include "tests/support/testregistry.h"
#include "tests/unit/eventloop/onepoll.h"

#include <QThread>
#include <QTimer>

#include <atomic>
#include <pthread.h>
#include <semaphore>
#include <thread>

using namespace presence::eventloop;
using namespace std::chrono_literals;

/// Not Qt's, which ThreadSanitizer does not see.
using Semaphore = std::counting_semaphore<>;

/// Notes where it lived and died.
class Service : public QObject
{
    Q_OBJECT
public:
    struct Record
    {
        std::atomic<QThread *> madeOn = nullptr;
        std::atomic<QThread *> destroyedOn = nullptr;
        std::atomic<bool> hadLoopAtEnd = false;
    };

    explicit Service(Record &record) : m_record(record)
    {
        record.madeOn = QThread::currentThread();
    }
    ~Service() override
    {
        m_record.hadLoopAtEnd = QAbstractEventDispatcher::instance() != nullptr;
        m_record.destroyedOn = QThread::currentThread();
    }

private:
    Record &m_record;
};

class TestShard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void servicesLiveAndDieOnTheThreadOfTheShard()
    {
        Service::Record record;
        Shard shard(3);
        shard.start([&record] { return std::make_unique<Service>(record); });
        Semaphore done{0};
        std::atomic<QThread *> ranOn = nullptr;
        char name[16] = {};
        shard.post([&] {
            ranOn = QThread::currentThread();
            pthread_getname_np(pthread_self(), name, sizeof(name));
            QVERIFY(qobject_cast<EpollDispatcher *>(QAbstractEventDispatcher::instance()));
            done.release();
        });
        QVERIFY(done.try_acquire_for(10s));
        QCOMPARE(QByteArray(name), QByteArray("shard-3"));
        QVERIFY(ranOn.load() != QThread::currentThread());
        QCOMPARE(record.madeOn.load(), ranOn.load());
        QCOMPARE(record.destroyedOn.load(), nullptr);
        shard.stop();
        QCOMPARE(record.destroyedOn.load(), ranOn.load());
        QVERIFY(record.hadLoopAtEnd);
    }

    void tasksRunInOrderAndAfterTheFactory()
    {
        QList<int> order;
        Shard shard(0);
        shard.post([&order] { order.append(1); });
        shard.start([&order] {
            order.append(0);
            return std::make_unique<QObject>();
        });
        for (int i = 2; i < 1000; ++i)
            shard.post([&order, i] { order.append(i); });
        shard.stop();
        QCOMPARE(order.size(), 1000);
        QVERIFY(std::is_sorted(order.cbegin(), order.cend()));
    }

    void stopDuringStartLeavesNothingBehind()
    {
        for (int i = 0; i < 100; ++i) {
            Service::Record record;
            Shard shard(i);
            shard.start([&record] { return std::make_unique<Service>(record); });
            shard.stop();
            QVERIFY(record.madeOn.load());
            QCOMPARE(record.destroyedOn.load(), record.madeOn.load());
        }
    }

    void stopMayBeCalledTwiceBeforeStartAndByTheDestructor()
    {
        Shard never(0);
        never.stop();
        Service::Record record;
        {
            Shard shard(1);
            shard.start([&record] { return std::make_unique<Service>(record); });
        }
        QVERIFY(record.destroyedOn.load());
        Shard twice(2);
        twice.start([] { return std::make_unique<QObject>(); });
        twice.stop();
        twice.stop();
    }

    void aTaskPostedAfterStopIsDestroyedUnrun()
    {
        auto token = std::make_shared<bool>(false);
        {
            Shard shard(0);
            shard.start([] { return nullptr; });
            shard.stop();
            shard.post([token] { *token = true; });
        }
        QCOMPARE(token.use_count(), 1);
        QVERIFY(!*token);
    }

    void threadsMayPostWhileAShardStops()
    {
        auto token = std::make_shared<int>(0);
        for (int round = 0; round < 50; ++round) {
            Shard shard(round);
            shard.start([] { return std::make_unique<QObject>(); });
            std::atomic<bool> isOver = false;
            Semaphore posting{0};
            std::vector<std::jthread> posters;
            for (int i = 0; i < 3; ++i) {
                posters.emplace_back([&] {
                    for (int post = 0; post < 10 || !isOver; ++post) {
                        shard.post([token] { ++*token; });
                        posting.release();
                    }
                });
            }
            for (int post = 0; post < 10; ++post)
                posting.acquire();
            shard.stop();
            isOver = true;
            posters.clear(); // joins them
        }
        QVERIFY(*token > 0);
        QCOMPARE(token.use_count(), 1);
    }

    void servicesMayUseTimersAndDeleteLater()
    {
        Semaphore fired{0};
        Shard shard(0);
        std::atomic<bool> isGone = false;
        shard.start([&] {
            auto services = std::make_unique<QObject>();
            QTimer::singleShot(1ms, services.get(), [&fired] { fired.release(); });
            auto *late = new QObject;
            connect(late, &QObject::destroyed, late, [&isGone] { isGone = true; });
            connect(services.get(), &QObject::destroyed, late, &QObject::deleteLater);
            return services;
        });
        QVERIFY(fired.try_acquire_for(10s));
        QVERIFY(!isGone);
        shard.stop();
        QVERIFY(isGone);
    }

    void shardsTalkToEachOther()
    {
        constexpr int kRounds = 2000;
        Shard left(0);
        Shard right(1);
        Semaphore done{0};
        std::function<void(int)> bounce = [&](int round) {
            if (round == kRounds) {
                done.release();
                return;
            }
            Shard &other = round % 2 == 0 ? right : left;
            other.post([&bounce, round] { bounce(round + 1); });
        };
        left.start([] { return std::make_unique<QObject>(); });
        right.start([] { return std::make_unique<QObject>(); });
        left.post([&bounce] { bounce(0); });
        QVERIFY(done.try_acquire_for(30s));
    }
};

PRESENCE_TEST(TestShard)
#include "tst_shard.moc"
