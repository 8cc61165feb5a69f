// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/unit/eventloop/onepoll.h"
#include "tests/unit/eventloop/socketpair.h"
#include "tests/unit/eventloop/watcher.h"

#include <QSemaphore>
#include <QSignalSpy>
#include <QThread>
#include <QTimer>

using namespace presence::eventloop;
using namespace std::chrono_literals;

/// What one pass does and when it waits: flags, wake-ups, nested loops.
class TestEpollPasses : public QObject
{
    Q_OBJECT

    static std::unique_ptr<QThread> startThread(std::function<void()> run)
    {
        std::unique_ptr<QThread> thread(QThread::create(std::move(run)));
        thread->start();
        return thread;
    }

private Q_SLOTS:
    void init()
    {
        while (pass()) { }
    }

    void everyFlagKeepsOutWhatItNames_data()
    {
        QTest::addColumn<QEventLoop::ProcessEventsFlags>("flags");
        QTest::addColumn<bool>("hasSockets");
        QTest::addColumn<bool>("hasTimers");
        using Flags = QEventLoop::ProcessEventsFlags;
        QTest::newRow("all events") << Flags(QEventLoop::AllEvents) << true << true;
        QTest::newRow("no user input") << Flags(QEventLoop::ExcludeUserInputEvents) << true << true;
        QTest::newRow("no sockets") << Flags(QEventLoop::ExcludeSocketNotifiers) << false << true;
        QTest::newRow("no timers") << Flags(QEventLoop::X11ExcludeTimers) << true << false;
        QTest::newRow("neither") << (QEventLoop::ExcludeSocketNotifiers
                                     | QEventLoop::X11ExcludeTimers)
                                 << false << false;
        QTest::newRow("waiting") << Flags(QEventLoop::WaitForMoreEvents) << true << true;
    }
    void everyFlagKeepsOutWhatItNames()
    {
        QFETCH(QEventLoop::ProcessEventsFlags, flags);
        QFETCH(bool, hasSockets);
        QFETCH(bool, hasTimers);
        SocketPair pair;
        Watcher watcher(pair.near);
        QVERIFY(pair.send());
        int timeouts = 0;
        QTimer timer;
        timer.callOnTimeout(&timer, [&timeouts] { ++timeouts; });
        timer.start(0);
        QCOMPARE(pass(flags), hasSockets);
        QCOMPARE(watcher.count, int(hasSockets));
        QCOMPARE(timeouts, int(hasTimers));
    }

    void aWaitWithoutSocketsSleepsThroughThoseThatAreReady()
    {
        SocketPair pair;
        Watcher watcher(pair.near);
        QVERIFY(pair.send());
        bool timedOut = false;
        QTimer::singleShot(20ms, Qt::PreciseTimer, this, [&timedOut] { timedOut = true; });
        int passes = 0;
        while (!timedOut) {
            pass(QEventLoop::ExcludeSocketNotifiers | QEventLoop::WaitForMoreEvents);
            ++passes;
        }
        QVERIFY(passes <= 3);
        QCOMPARE(watcher.count, 0);
        pass();
        QCOMPARE(watcher.count, 1);
    }

    void aWaitWithoutSocketsEndsWithAWakeUp()
    {
        const auto thread = startThread([] {
            QMetaObject::invokeMethod(
                qApp, [] {}, Qt::QueuedConnection);
        });
        QVERIFY(pass(QEventLoop::ExcludeSocketNotifiers | QEventLoop::WaitForMoreEvents));
        QVERIFY(thread->wait(10'000));
    }

    void aPostedEventIsDeliveredWithoutWaiting()
    {
        bool called = false;
        QMetaObject::invokeMethod(
            this, [&called] { called = true; }, Qt::QueuedConnection);
        QVERIFY(pass(QEventLoop::WaitForMoreEvents));
        QVERIFY(called);
        QVERIFY(!pass());
    }

    void aSlotOfAboutToBlockMayPost()
    {
        QSignalSpy awake(&dispatcher(), &QAbstractEventDispatcher::awake);
        bool called = false;
        auto post = [&] {
            QMetaObject::invokeMethod(
                this, [&called] { called = true; }, Qt::QueuedConnection);
        };
        QObject context;
        connect(&dispatcher(), &QAbstractEventDispatcher::aboutToBlock, &context, post);
        pass(QEventLoop::WaitForMoreEvents);
        QVERIFY(!called);
        pass(QEventLoop::WaitForMoreEvents);
        QVERIFY(called);
        QCOMPARE(awake.count(), 2);
    }

    void onlyAPassThatWaitsIsAboutToBlock()
    {
        QSignalSpy blocks(&dispatcher(), &QAbstractEventDispatcher::aboutToBlock);
        pass();
        QCOMPARE(blocks.count(), 0);
        QTimer::singleShot(1ms, Qt::PreciseTimer, this, [] {});
        pass(QEventLoop::WaitForMoreEvents);
        QCOMPARE(blocks.count(), 1);
    }

    void ownWakeUpsWriteNothing()
    {
        const quint64 before = dispatcher().statistics().wakeUpWrites;
        int calls = 0;
        for (int i = 0; i < 1000; ++i)
            QMetaObject::invokeMethod(
                this, [&calls] { ++calls; }, Qt::QueuedConnection);
        pass();
        QCOMPARE(calls, 1000);
        QCOMPARE(dispatcher().statistics().wakeUpWrites, before);
    }

    void everyPostOfManyThreadsArrivesOnce()
    {
        constexpr int kThreads = 8;
        constexpr int kPosts = 20'000;
        int calls = 0;
        std::vector<std::unique_ptr<QThread>> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.push_back(startThread([this, &calls] {
                for (int post = 0; post < kPosts; ++post)
                    QMetaObject::invokeMethod(
                        this, [&calls] { ++calls; }, Qt::QueuedConnection);
            }));
        }
        while (calls < kThreads * kPosts)
            pass(QEventLoop::WaitForMoreEvents);
        for (const auto &thread : threads)
            QVERIFY(thread->wait(10'000));
        pass();
        QCOMPARE(calls, kThreads * kPosts);
    }

    void twoThreadsThatWakeEachOtherMissNothing()
    {
        QThread other;
        other.setEventDispatcher(new EpollDispatcher);
        QObject there;
        there.moveToThread(&other);
        other.start();
        constexpr int kRounds = 5000;
        int rounds = 0;
        QEventLoop loop;
        std::function<void()> serve = [&] {
            if (++rounds == kRounds) {
                loop.quit();
                return;
            }
            const auto reply
                = [&] { QMetaObject::invokeMethod(this, serve, Qt::QueuedConnection); };
            QMetaObject::invokeMethod(&there, reply, Qt::QueuedConnection);
        };
        QMetaObject::invokeMethod(this, serve, Qt::QueuedConnection);
        loop.exec();
        QCOMPARE(rounds, kRounds);
        other.quit();
        QVERIFY(other.wait(10'000));
    }

    void interruptEndsAWait()
    {
        const auto thread = startThread([&loop = dispatcher()] { loop.interrupt(); });
        pass(QEventLoop::WaitForMoreEvents);
        QVERIFY(thread->wait(10'000));
    }

    void aLoopQuitByAnotherThreadReturns()
    {
        for (int round = 0; round < 500; ++round) {
            QEventLoop loop;
            QSemaphore isRunning;
            const auto quitter = startThread([&] {
                isRunning.acquire();
                loop.exit(round);
            });
            // Own posts raise the flag that the other thread sees: neither may hide the other.
            int posts = round % 7;
            std::function<void()> post = [&] {
                isRunning.release();
                if (posts-- > 0)
                    QMetaObject::invokeMethod(this, post, Qt::QueuedConnection);
            };
            QMetaObject::invokeMethod(this, post, Qt::QueuedConnection);
            QCOMPARE(loop.exec(), round);
            while (posts >= 0)
                pass();
            QVERIFY(quitter->wait(10'000));
        }
    }

    void aNestedLoopTakesOverTheRestOfItsBatch()
    {
        SocketPair one;
        SocketPair two;
        int depth = 0;
        int deepest = 0;
        const auto nest = [&](SocketPair &own) {
            own.receive();
            deepest = std::max(deepest, ++depth);
            QEventLoop loop;
            QTimer::singleShot(1ms, &loop, &QEventLoop::quit);
            loop.exec();
            --depth;
        };
        Watcher first(one.near, QSocketNotifier::Read, [&] { nest(one); });
        Watcher second(two.near, QSocketNotifier::Read, [&] { nest(two); });
        QVERIFY(one.send());
        QVERIFY(two.send());
        QVERIFY(pass());
        QCOMPARE(first.count, 1);
        QCOMPARE(second.count, 1);
        QCOMPARE(deepest, 2);
    }
};

PRESENCE_EPOLL_TEST(TestEpollPasses)
#include "tst_epolldispatcher_passes.moc"
