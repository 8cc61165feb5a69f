// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/deadlinewheel.h"
#include "tests/unit/eventloop/onepoll.h"

#include <QElapsedTimer>

#include <deque>

using namespace presence::eventloop;
using namespace std::chrono_literals;
using TimePoint = DeadlineRing::TimePoint;

static_assert(sizeof(Deadline) <= 72);

class TestDeadlineWheel : public QObject
{
    Q_OBJECT

    static constexpr auto kTick = 100ms;
    static constexpr TimePoint kStart{5000s + 42ms};

private Q_SLOTS:
    void expiresNeverEarlyAndAtMostATickLate_data()
    {
        QTest::addColumn<qint64>("delay");
        for (qint64 delay : {0, 1, 57, 58, 59, 100, 101, 999, 51'200, 51'201, 200'000})
            QTest::addRow("%lld ms", delay) << delay;
    }
    void expiresNeverEarlyAndAtMostATickLate()
    {
        QFETCH(qint64, delay);
        DeadlineRing ring(kTick);
        TimePoint now = kStart;
        std::optional<TimePoint> expiredAt;
        Deadline deadline([&] { expiredAt = now; });
        ring.arm(deadline, std::chrono::milliseconds(delay), now);
        const TimePoint due = kStart + std::chrono::milliseconds(delay);
        while (!expiredAt && now < due + 1s) {
            now += ring.untilNextTick(now);
            ring.advance(now);
        }
        QVERIFY(expiredAt);
        QVERIFY(*expiredAt >= due);
        QVERIFY(*expiredAt <= due + kTick);
        QVERIFY(!deadline.isArmed());
        QVERIFY(ring.isEmpty());
    }

    void armingAgainMovesTheDeadline()
    {
        DeadlineRing ring(kTick);
        int expired = 0;
        Deadline deadline([&] { ++expired; });
        for (int i = 0; i < 10; ++i) {
            ring.arm(deadline, 1s, kStart + i * 900ms);
            ring.advance(kStart + i * 900ms);
        }
        QCOMPARE(expired, 0);
        ring.advance(kStart + 9 * 900ms + 1100ms);
        QCOMPARE(expired, 1);
        ring.advance(kStart + 60s);
        QCOMPARE(expired, 1);
    }

    void cancelledAndDestroyedDeadlinesStaySilent()
    {
        DeadlineRing ring(kTick);
        int expired = 0;
        Deadline cancelled([&] { ++expired; });
        ring.arm(cancelled, 1s, kStart);
        {
            Deadline destroyed([&] { ++expired; });
            ring.arm(destroyed, 1s, kStart);
        }
        cancelled.cancel();
        cancelled.cancel();
        QVERIFY(ring.isEmpty());
        ring.advance(kStart + 2s);
        QCOMPARE(expired, 0);
    }

    void aCallbackMayDestroyItselfAndOthersOfItsTick()
    {
        DeadlineRing ring(kTick);
        std::vector<std::unique_ptr<Deadline>> deadlines(4);
        QList<int> expired;
        for (int i = 0; i < 4; ++i) {
            deadlines[size_t(i)] = std::make_unique<Deadline>([&, i] {
                expired.append(i);
                deadlines[size_t(i)].reset();
                deadlines[size_t(i + 1)].reset();
            });
            ring.arm(*deadlines[size_t(i)], 1s, kStart);
        }
        ring.advance(kStart + 2s);
        QCOMPARE(expired, QList<int>({0, 2}));
        QVERIFY(ring.isEmpty());
    }

    void aCallbackMayArmItselfAgain()
    {
        DeadlineRing ring(kTick);
        TimePoint now = kStart;
        QList<TimePoint> expired;
        Deadline deadline([&] {
            expired.append(now);
            ring.arm(deadline, 0ms, now);
        });
        ring.arm(deadline, 0ms, now);
        for (int i = 1; i <= 5; ++i) {
            now = kStart + i * kTick;
            ring.advance(now);
            QCOMPARE(expired.size(), i);
        }
    }

    void aLongPauseExpiresEverythingThatHasPassedAndNothingElse()
    {
        DeadlineRing ring(kTick);
        int expired = 0;
        std::deque<Deadline> deadlines;
        for (int i = 0; i < 2000; ++i)
            ring.arm(deadlines.emplace_back([&] { ++expired; }), i * kTick, kStart);
        ring.advance(kStart + 1500 * kTick);
        QVERIFY(expired == 1500 || expired == 1501);
        for (int i = 0; i < 2000; ++i)
            QCOMPARE(deadlines[size_t(i)].isArmed(), i >= expired);
    }

    void armingAfterAnIdleTimeCountsFromNow()
    {
        DeadlineRing ring(kTick);
        int expired = 0;
        Deadline deadline([&] { ++expired; });
        ring.arm(deadline, 1h, kStart + 24h);
        ring.advance(kStart + 25h - 1ms);
        QCOMPARE(expired, 0);
        ring.advance(kStart + 25h + kTick);
        QCOMPARE(expired, 1);
    }

    void aDeadlineOutlivesItsRing()
    {
        Deadline deadline([] { QFAIL("The ring is gone"); });
        {
            DeadlineRing ring(kTick);
            ring.arm(deadline, 1s, kStart);
        }
        QVERIFY(!deadline.isArmed());
        DeadlineRing other(kTick);
        other.arm(deadline, 1h, kStart);
        QVERIFY(deadline.isArmed());
    }

    void theWheelTicksOnlyWhileSomethingIsArmed()
    {
        DeadlineWheel wheel(5ms);
        QVERIFY(!wheel.isTicking());
        QElapsedTimer elapsed;
        elapsed.start();
        std::optional<std::chrono::nanoseconds> expiredAfter;
        Deadline deadline([&] { expiredAfter = std::chrono::nanoseconds(elapsed.nsecsElapsed()); });
        wheel.arm(deadline, 20ms);
        QVERIFY(wheel.isTicking());
        QTRY_VERIFY(expiredAfter);
        QVERIFY(*expiredAfter >= 20ms);
        QVERIFY(!wheel.isTicking());
        wheel.arm(deadline, 1h);
        QVERIFY(wheel.isTicking());
        deadline.cancel();
        QTRY_VERIFY(!wheel.isTicking());
    }

    void aDeadlineMovesFromWheelToWheel()
    {
        DeadlineWheel slow(1h);
        DeadlineWheel fast(2ms);
        bool expired = false;
        Deadline deadline([&] { expired = true; });
        slow.arm(deadline, 2h);
        fast.arm(deadline, 1ms);
        QTRY_VERIFY(expired);
        QVERIFY(!deadline.isArmed());
    }

    void fiftyThousandDeadlinesAreOneTimer()
    {
        DeadlineWheel wheel(10ms);
        int expired = 0;
        std::deque<Deadline> deadlines;
        for (int i = 0; i < 50'000; ++i)
            wheel.arm(deadlines.emplace_back([&] { ++expired; }), 1ms * (i % 50));
        QCOMPARE(dispatcher().registeredTimers(wheel.findChild<QTimer *>()).size(), 1);
        QTRY_COMPARE(expired, 50'000);
    }
};

PRESENCE_EPOLL_TEST(TestDeadlineWheel)
#include "tst_deadlinewheel.moc"
