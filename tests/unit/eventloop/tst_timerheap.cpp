// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/timerheap.h"
#include "tests/support/testregistry.h"

#include <QRandomGenerator>
#include <QtTest>

#include <map>

using namespace presence::eventloop;
using namespace std::chrono_literals;
using TimePoint = TimerHeap::TimePoint;

class TestTimerHeap : public QObject
{
    Q_OBJECT

    /// Not on a round figure, so that rounding shows.
    static constexpr TimePoint kStart{1000s + 337ms};

    static QList<int> fireAt(TimerHeap &heap, TimePoint now)
    {
        QList<int> ids;
        heap.fire(now, [&ids](int id, QObject *) { ids.append(id); });
        return ids;
    }

private Q_SLOTS:
    void timersFireInTheOrderInWhichTheyAreDue()
    {
        TimerHeap heap;
        heap.add({1, 30ms, Qt::PreciseTimer}, this, kStart);
        heap.add({2, 10ms, Qt::PreciseTimer}, this, kStart);
        heap.add({3, 20ms, Qt::PreciseTimer}, this, kStart);
        heap.add({4, 10ms, Qt::PreciseTimer}, this, kStart);
        QCOMPARE(fireAt(heap, kStart + 9ms), QList<int>());
        QCOMPARE(fireAt(heap, kStart + 30ms), QList<int>({2, 4, 3, 1}));
    }

    void aTimerIsNeverPreciseAndEarly()
    {
        TimerHeap heap;
        heap.add({1, 10ms, Qt::PreciseTimer}, this, kStart);
        QCOMPARE(fireAt(heap, kStart + 10ms - 1ns), QList<int>());
        QCOMPARE(*heap.nextDue(), kStart + 10ms);
        QCOMPARE(fireAt(heap, kStart + 10ms), QList<int>({1}));
        QCOMPARE(*heap.nextDue(), kStart + 20ms);
    }

    void missedTurnsAreSkipped()
    {
        TimerHeap heap;
        heap.add({1, 10ms, Qt::PreciseTimer}, this, kStart);
        QCOMPARE(fireAt(heap, kStart + 95ms), QList<int>({1}));
        QCOMPARE(*heap.nextDue(), kStart + 105ms);
    }

    void coarseTimersStayWithinFivePercentAndMeet()
    {
        TimerHeap heap;
        for (int i = 0; i < 100; ++i)
            heap.add({i, 1000ms, Qt::CoarseTimer}, this, kStart + i * 1ms);
        QSet<TimePoint::rep> moments;
        for (int i = 0; i < 100; ++i) {
            const auto nominal = kStart + i * 1ms + 1000ms;
            const auto due = kStart + *heap.remaining(i, kStart);
            QVERIFY(due >= nominal - 50ms && due <= nominal + 50ms);
            moments.insert(due.time_since_epoch().count());
        }
        QVERIFY(moments.size() <= 2);
    }

    void coarseSlackDoesNotAddUp()
    {
        TimerHeap heap;
        heap.add({1, 1040ms, Qt::CoarseTimer}, this, kStart);
        for (int turn = 1; turn <= 50; ++turn) {
            const TimePoint due = *heap.nextDue();
            const TimePoint nominal = kStart + turn * 1040ms;
            QVERIFY(due >= nominal - 52ms && due <= nominal + 52ms);
            QCOMPARE(fireAt(heap, due), QList<int>({1}));
        }
    }

    void shortCoarseTimersArePreciseAndLongOnesVeryCoarse()
    {
        TimerHeap heap;
        heap.add({1, 20ms, Qt::CoarseTimer}, this, kStart);
        QCOMPARE(*heap.nextDue(), kStart + 20ms);
        TimerHeap other;
        other.add({1, 25s, Qt::CoarseTimer}, this, kStart);
        QCOMPARE(*other.nextDue(), TimePoint(1025s));
    }

    void veryCoarseTimersFireOnWholeSecondsToCome_data()
    {
        QTest::addColumn<qint64>("milliseconds");
        QTest::addColumn<qint64>("dueSecond");
        QTest::newRow("rounded down") << qint64(3000) << qint64(1003);
        QTest::newRow("rounded up") << qint64(3300) << qint64(1004);
        QTest::newRow("shorter than a second") << qint64(10) << qint64(1001);
    }
    void veryCoarseTimersFireOnWholeSecondsToCome()
    {
        QFETCH(qint64, milliseconds);
        QFETCH(qint64, dueSecond);
        TimerHeap heap;
        heap.add({1, std::chrono::milliseconds(milliseconds), Qt::VeryCoarseTimer}, this, kStart);
        QCOMPARE(*heap.nextDue(), TimePoint(std::chrono::seconds(dueSecond)));
    }

    void zeroTimersFireOncePerPassAndAreNotCounted()
    {
        TimerHeap heap;
        heap.add({1, 0ms, Qt::CoarseTimer}, this, kStart);
        heap.add({2, 0ms, Qt::PreciseTimer}, this, kStart);
        for (int i = 0; i < 3; ++i)
            QCOMPARE(fireAt(heap, kStart), QList<int>({1, 2}));
        QCOMPARE(heap.fire(kStart, [](int, QObject *) {}), 0);
        heap.add({3, 5ms, Qt::PreciseTimer}, this, kStart);
        QCOMPARE(heap.fire(kStart + 5ms, [](int, QObject *) {}), 1);
    }

    void aTimerAddedWhileFiringWaitsForTheNextPass()
    {
        TimerHeap heap;
        heap.add({1, 0ms, Qt::PreciseTimer}, this, kStart);
        QList<int> ids;
        heap.fire(kStart, [&](int id, QObject *) {
            ids.append(id);
            heap.add({id + 1, 0ms, Qt::PreciseTimer}, this, kStart);
        });
        QCOMPARE(ids, QList<int>({1}));
        QCOMPARE(fireAt(heap, kStart), QList<int>({2, 1}));
    }

    void timersRemovedWhileFiringStaySilent()
    {
        TimerHeap heap;
        for (int id = 1; id <= 4; ++id)
            heap.add({id, 10ms, Qt::PreciseTimer}, this, kStart);
        QList<int> ids;
        heap.fire(kStart + 10ms, [&](int id, QObject *) {
            ids.append(id);
            heap.remove(id); // its own
            heap.remove(id + 1); // and the next
        });
        QCOMPARE(ids, QList<int>({1, 3}));
        QCOMPARE(heap.nextDue(), std::nullopt);
        QVERIFY(!heap.remove(1));
    }

    void aTimerReplacedInItsOwnSlotRunsWithItsNewInterval()
    {
        TimerHeap heap;
        heap.add({1, 10ms, Qt::PreciseTimer}, this, kStart);
        heap.fire(kStart + 10ms, [&](int id, QObject *) {
            heap.add({id, 50ms, Qt::PreciseTimer}, this, kStart + 10ms);
        });
        QCOMPARE(*heap.nextDue(), kStart + 60ms);
        QCOMPARE(fireAt(heap, kStart + 60ms), QList<int>({1}));
    }

    void aTimerBeingDeliveredIsNotDeliveredInANestedPass()
    {
        TimerHeap heap;
        heap.add({1, 0ms, Qt::PreciseTimer}, this, kStart);
        heap.add({2, 10ms, Qt::PreciseTimer}, this, kStart);
        QList<int> outer;
        QList<int> nested;
        heap.fire(kStart, [&](int id, QObject *) {
            outer.append(id);
            QCOMPARE(*heap.nextDue(), kStart + 10ms);
            nested = fireAt(heap, kStart + 10ms);
        });
        QCOMPARE(outer, QList<int>({1}));
        QCOMPARE(nested, QList<int>({2}));
        QCOMPARE(fireAt(heap, kStart + 10ms), QList<int>({1}));
    }

    void remainingTimeIsRoundedUpAndNotNegative()
    {
        TimerHeap heap;
        heap.add({1, 10ms, Qt::PreciseTimer}, this, kStart);
        QCOMPARE(heap.remaining(1, kStart + 1us)->count(), 10);
        QCOMPARE(heap.remaining(1, kStart + 9ms)->count(), 1);
        QCOMPARE(heap.remaining(1, kStart + 1s)->count(), 0);
        QVERIFY(!heap.remaining(2, kStart));
    }

    void timersOfAnObjectAreListedAndRemovedTogether()
    {
        TimerHeap heap;
        QObject other;
        heap.add({1, 10ms, Qt::PreciseTimer}, this, kStart);
        heap.add({2, 20ms, Qt::CoarseTimer}, &other, kStart);
        heap.add({3, 30s, Qt::CoarseTimer}, &other, kStart);
        const auto registered = heap.registeredBy(&other);
        QCOMPARE(registered.size(), 2);
        for (const TimerHeap::Registration &timer : registered) {
            QCOMPARE(timer.type, Qt::CoarseTimer);
            QCOMPARE(timer.interval, timer.id == 2 ? 20ms : 30s);
        }
        QVERIFY(heap.removeAllOf(&other));
        QVERIFY(!heap.removeAllOf(&other));
        QVERIFY(heap.registeredBy(&other).isEmpty());
        QCOMPARE(fireAt(heap, kStart + 60s), QList<int>({1}));
    }

    void tenThousandRandomChangesKeepTheOrder()
    {
        TimerHeap heap;
        QRandomGenerator random(7);
        std::map<int, TimePoint> dueOf;
        for (int step = 0; step < 10'000; ++step) {
            const int id = random.bounded(500);
            const bool wasThere = dueOf.erase(id) == 1;
            if (random.bounded(3) == 0) {
                QCOMPARE(heap.remove(id), wasThere);
                continue;
            }
            const auto interval = std::chrono::milliseconds(1 + random.bounded(100'000));
            heap.add({id, interval, Qt::PreciseTimer}, this, kStart);
            dueOf[id] = kStart + interval;
        }
        const auto timers = qsizetype(dueOf.size());
        QList<TimePoint> fired;
        heap.fire(kStart + 101s, [&](int id, QObject *) {
            fired.append(dueOf.at(id));
            heap.remove(id);
        });
        QCOMPARE(fired.size(), timers);
        QVERIFY(std::is_sorted(fired.cbegin(), fired.cend()));
        QCOMPARE(heap.nextDue(), std::nullopt);
    }
};

PRESENCE_TEST(TestTimerHeap)
#include "tst_timerheap.moc"
