// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/budget.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::limits;
using namespace std::chrono_literals;

class TestBudget : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aBurstPassesAndNotOneMore();
    void refillsAtItsRateUpToTheBurst();
    void aRateOfMinutesRefillsInMinutes();
    void zeroMeansWithoutLimit();
    void whatIsOwedIsPaidFirst();
    void moreThanTheBurstCostsAllOfIt();
    void itSaysWhenThereIsEnough();

private:
    Budget::TimePoint m_start{1h};
};

void TestBudget::aBurstPassesAndNotOneMore()
{
    const Rate rate{.count = 50, .burst = 200};
    Budget budget;
    for (int i = 0; i < 200; ++i)
        QVERIFY(budget.take(rate, m_start));
    QVERIFY(!budget.take(rate, m_start));
    QVERIFY(!budget.isFull(m_start));
    QVERIFY(budget.isFull(m_start + 4s));
}

void TestBudget::refillsAtItsRateUpToTheBurst()
{
    const Rate rate{.count = 10, .burst = 2};
    Budget budget;
    QVERIFY(budget.take(rate, m_start) && budget.take(rate, m_start));
    QVERIFY(!budget.take(rate, m_start + 90ms));
    QVERIFY(budget.take(rate, m_start + 110ms));
    QVERIFY(!budget.take(rate, m_start + 120ms));
    QVERIFY(budget.take(rate, m_start + 10s) && budget.take(rate, m_start + 10s));
    QVERIFY(!budget.take(rate, m_start + 10s));
}

void TestBudget::aRateOfMinutesRefillsInMinutes()
{
    const Rate rate{.count = 30, .per = 60s, .burst = 1};
    Budget budget;
    QVERIFY(budget.take(rate, m_start));
    QVERIFY(!budget.take(rate, m_start + 1900ms));
    QVERIFY(budget.take(rate, m_start + 2s));
}

void TestBudget::zeroMeansWithoutLimit()
{
    Budget budget;
    for (int i = 0; i < 1000; ++i)
        QVERIFY(budget.take({}, m_start));
    budget.spend({}, m_start);
    QCOMPARE(budget.owed({}, m_start), 0ms);
    QVERIFY(budget.left({}, m_start) > 1'000'000);
}

void TestBudget::whatIsOwedIsPaidFirst()
{
    const Rate rate{.count = 10, .burst = 2};
    Budget budget;
    for (int i = 0; i < 2; ++i)
        budget.spend(rate, m_start);
    QCOMPARE(budget.owed(rate, m_start), 0ms);
    QCOMPARE(budget.left(rate, m_start), size_t(0));
    budget.spend(rate, m_start, 5);
    QCOMPARE(budget.owed(rate, m_start), 500ms);
    QVERIFY(!budget.take(rate, m_start + 510ms));
    QCOMPARE(budget.owed(rate, m_start + 510ms), 0ms);
    QVERIFY(budget.take(rate, m_start + 610ms));
    budget.spend(rate, m_start + 10s);
    QCOMPARE(budget.left(rate, m_start + 10s), size_t(1));
}

void TestBudget::moreThanTheBurstCostsAllOfIt()
{
    const Rate rate{.count = 10, .burst = 20};
    Budget budget;
    QVERIFY(budget.take(rate, m_start, 1000));
    QVERIFY(!budget.take(rate, m_start));
    QVERIFY(budget.take(rate, m_start + 100ms));
}

void TestBudget::itSaysWhenThereIsEnough()
{
    const Rate rate{.count = 10, .burst = 20};
    Budget budget;
    QVERIFY(budget.take(rate, m_start, 20));
    QCOMPARE(budget.until(rate, m_start, 1), 100ms);
    QCOMPARE(budget.until(rate, m_start, 10), 1000ms);
    QVERIFY(!budget.take(rate, m_start + 999ms, 10));
    QVERIFY(budget.take(rate, m_start + 1000ms, 10));
}

PRESENCE_TEST(TestBudget)
#include "tst_budget.moc"
