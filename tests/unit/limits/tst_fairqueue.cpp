// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/fairqueue.h"
#include "tests/support/testregistry.h"

#include <QTest>

#include <optional>

using namespace presence::limits;
using namespace Qt::StringLiterals;

class TestFairQueue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_queue.emplace(); }
    void cleanup()
    {
        m_queue.reset(); // so that none begins when others end
        m_underWay.clear();
    }

    void oneReadsAWindowAtATime();
    void othersDoNotWait();
    void oneThatIsLargerThanTheWindowRunsAlone();
    void tooManyWaitingAreRefused();
    void whatEndsAtOnceLetsTheNextBegin();
    void aTicketMayOutliveTheQueue();

private:
    /// Runs a task that stays under way.
    void run(const QByteArray &owner, int rows = 1)
    {
        m_queue->run(owner, rows, [this, owner](FairQueue::Ticket ticket) {
            m_underWay.emplace_back(owner, std::move(ticket));
        });
    }

    /// The first of them is done.
    void end()
    {
        const auto done = std::move(m_underWay.front());
        m_underWay.erase(m_underWay.begin());
    }

    std::optional<FairQueue> m_queue;
    std::vector<std::pair<QByteArray, FairQueue::Ticket>> m_underWay;
};

void TestFairQueue::oneReadsAWindowAtATime()
{
    for (int i = 0; i < 2 * FairQueue::kWindow; ++i)
        run("anna");
    QCOMPARE(m_underWay.size(), size_t(FairQueue::kWindow));
    end();
    QCOMPARE(m_underWay.size(), size_t(FairQueue::kWindow));
}

void TestFairQueue::othersDoNotWait()
{
    for (int i = 0; i < 1000; ++i)
        run("anna");
    run("bob");
    QCOMPARE(m_underWay.back().first, "bob"_ba);
}

void TestFairQueue::oneThatIsLargerThanTheWindowRunsAlone()
{
    run("anna");
    run("anna", 2 * FairQueue::kWindow);
    run("anna");
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(m_underWay.size(), size_t(1));
        end();
    }
    QVERIFY(m_underWay.empty());
}

void TestFairQueue::tooManyWaitingAreRefused()
{
    QVERIFY(!m_queue->isFull("anna", 1'000'000));
    run("anna", FairQueue::kWindow);
    run("anna", FairQueue::kMaxWaiting);
    QVERIFY(m_queue->isFull("anna", 1));
    QVERIFY(!m_queue->isFull("bob", 1));
    end();
    QVERIFY(!m_queue->isFull("anna", 1));
}

void TestFairQueue::whatEndsAtOnceLetsTheNextBegin()
{
    int count = 0;
    // More than a stack could hold, if each began from within the one before.
    for (int i = 0; i < 100'000; ++i)
        m_queue->run("anna", FairQueue::kWindow, [&count](const FairQueue::Ticket &) { ++count; });
    QCOMPARE(count, 100'000);
}

void TestFairQueue::aTicketMayOutliveTheQueue()
{
    run("anna");
    m_queue.reset();
    m_underWay.clear();
}

PRESENCE_TEST(TestFairQueue)
#include "tst_fairqueue.moc"
