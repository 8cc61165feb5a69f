// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/tokenbucket.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::transport;
using namespace std::chrono_literals;

class TestTokenBucket : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aBurstPassesAndNotOneMore();
    void refillsAtItsRateUpToTheBurst();
    void zeroMeansWithoutLimit();
    void whatIsOwedIsPaidFirst();

private:
    TokenBucket::TimePoint m_start{1h};
};

void TestTokenBucket::aBurstPassesAndNotOneMore()
{
    TokenBucket bucket(50, 200, m_start);
    for (int i = 0; i < 200; ++i)
        QVERIFY(bucket.take(m_start));
    QVERIFY(!bucket.take(m_start));
}

void TestTokenBucket::refillsAtItsRateUpToTheBurst()
{
    TokenBucket bucket(10, 2, m_start);
    QVERIFY(bucket.take(m_start) && bucket.take(m_start));
    QVERIFY(!bucket.take(m_start + 90ms));
    QVERIFY(bucket.take(m_start + 110ms));
    QVERIFY(!bucket.take(m_start + 120ms));
    QVERIFY(bucket.take(m_start + 10s) && bucket.take(m_start + 10s));
    QVERIFY(!bucket.take(m_start + 10s));
}

void TestTokenBucket::zeroMeansWithoutLimit()
{
    TokenBucket bucket(0, 0, m_start);
    for (int i = 0; i < 1000; ++i)
        QVERIFY(bucket.take(m_start));
    bucket.spend(m_start);
    QCOMPARE(bucket.owed(), 0ms);
}

void TestTokenBucket::whatIsOwedIsPaidFirst()
{
    TokenBucket bucket(10, 2, m_start);
    for (int i = 0; i < 2; ++i)
        bucket.spend(m_start);
    QCOMPARE(bucket.owed(), 0ms);
    QCOMPARE(bucket.left(), size_t(0));
    for (int i = 0; i < 5; ++i)
        bucket.spend(m_start);
    QCOMPARE(bucket.owed(), 500ms);
    QVERIFY(!bucket.take(m_start + 510ms));
    QCOMPARE(bucket.owed(), 0ms);
    QVERIFY(bucket.take(m_start + 610ms));
    bucket.spend(m_start + 10s);
    QCOMPARE(bucket.left(), size_t(1));
}

PRESENCE_TEST(TestTokenBucket)
#include "tst_tokenbucket.moc"
