// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/unit/eventloop/onepoll.h"
#include "tests/unit/eventloop/socketpair.h"
#include "tests/unit/eventloop/watcher.h"

#include <QPointer>
#include <QSignalSpy>
#include <QTimer>

using namespace presence::eventloop;
using namespace std::chrono_literals;

/// Timers of the loop; when exactly they are due is the business of tst_timerheap.
class TestEpollTimers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        while (pass()) { }
    }

    void aZeroTimerStarvesNoSocketAndFiresOncePerPass()
    {
        SocketPair pair;
        Watcher watcher(pair.near);
        QVERIFY(pair.send());
        int timeouts = 0;
        QTimer timer;
        timer.callOnTimeout(&timer, [&timeouts] { ++timeouts; });
        timer.start(0);
        for (int i = 1; i <= 100; ++i) {
            pass(QEventLoop::WaitForMoreEvents);
            QCOMPARE(timeouts, i);
            QCOMPARE(watcher.count, i);
        }
    }

    void aZeroTimerThatRunsALoopIsNotEnteredAgain()
    {
        int depth = 0;
        int deepest = 0;
        bool innerTimedOut = false;
        QTimer timer;
        timer.callOnTimeout(&timer, [&] {
            deepest = std::max(deepest, ++depth);
            const quint64 before = dispatcher().statistics().passes;
            QEventLoop loop;
            QTimer::singleShot(10ms, Qt::PreciseTimer, &loop, [&] {
                innerTimedOut = true;
                loop.quit();
            });
            loop.exec();
            QVERIFY(dispatcher().statistics().passes - before <= 5); // it slept, it did not spin
            timer.stop();
            --depth;
        });
        timer.start(0);
        pass();
        QVERIFY(innerTimedOut);
        QCOMPARE(deepest, 1);
    }

    void timersOfEveryTypeFire_data()
    {
        QTest::addColumn<Qt::TimerType>("type");
        QTest::newRow("precise") << Qt::PreciseTimer;
        QTest::newRow("coarse") << Qt::CoarseTimer;
        QTest::newRow("very coarse") << Qt::VeryCoarseTimer;
    }
    void timersOfEveryTypeFire()
    {
        QFETCH(Qt::TimerType, type);
        QTimer timer;
        timer.setTimerType(type);
        QSignalSpy timeouts(&timer, &QTimer::timeout);
        timer.start(40);
        QVERIFY(timer.remainingTime() >= 0);
        const auto registered = dispatcher().registeredTimers(&timer);
        QCOMPARE(registered.size(), 1);
        QCOMPARE(registered.first().interval, 40);
        QCOMPARE(registered.first().timerType, type);
        QVERIFY(timeouts.wait(5000));
        QVERIFY(timer.isActive());
        timer.stop();
        QVERIFY(dispatcher().registeredTimers(&timer).isEmpty());
    }

    void aTimerMayStopItselfRestartItselfAndDeleteItsObject()
    {
        int stops = 0;
        QTimer stopping;
        stopping.callOnTimeout(&stopping, [&] {
            ++stops;
            stopping.stop();
        });
        int restarts = 0;
        QTimer restarting;
        restarting.callOnTimeout(&restarting, [&] {
            ++restarts;
            restarting.start(0);
        });
        QPointer<QTimer> deleting(new QTimer);
        deleting->callOnTimeout(deleting, [&deleting] { delete deleting; });
        stopping.start(0);
        restarting.start(0);
        deleting->start(0);
        for (int i = 0; i < 3; ++i)
            pass();
        QCOMPARE(stops, 1);
        QCOMPARE(restarts, 3);
        QVERIFY(!deleting);
    }
};

PRESENCE_EPOLL_TEST(TestEpollTimers)
#include "tst_epolldispatcher_timers.moc"
