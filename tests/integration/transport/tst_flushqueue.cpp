// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/packetpeer.h"
#include "tests/unit/transport/clientframe.h"

#include <QDeadlineTimer>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

using Writes = QList<QByteArrayList>;
using Clock = FlushQueue::Clock;

namespace {

/// Stands still, but while it is slow: then each look at it takes an hour.
struct TestClock
{
    static Clock::time_point now()
    {
        if (isSlow)
            time += 1h;
        return time;
    }
    static inline Clock::time_point time{1000h};
    static inline bool isSlow = false;
};

/// More than are written at a time, and as many descriptors as a process has at least.
constexpr int kMany = 400;

/// What is posted is done, and the loop would look at its sockets. No timer expires in it, so what
/// pauses stays where it is.
void lookAtSockets()
{
    QCoreApplication::sendPostedEvents();
}

void endPass()
{
    lookAtSockets();
    lookAtSockets();
}

struct Fixture
{
    explicit Fixture(int count, const TransportConfig &transportConfig = {})
        : config(transportConfig), limiter({.connectionMessages = {}})
    {
        TestClock::isSlow = false;
        for (int i = 0; i < count; ++i)
            peers.push_back(std::make_unique<PacketPeer>(context));
        endPass();
    }

    void send(const QByteArray &text)
    {
        for (const auto &peer : peers)
            peer->connection->sendText(text);
    }

    /// A pass that takes long, by the clock.
    void passSlowly()
    {
        send("slow");
        TestClock::isSlow = true;
        endPass();
        TestClock::isSlow = false;
        for (const auto &peer : peers)
            peer->forgetWrites();
    }

    qsizetype payloadsTo(size_t peer) const
    {
        qsizetype count = 0;
        for (const QByteArrayList &payloads : peers[peer]->writes())
            count += payloads.size();
        return count;
    }

    TransportConfig config;
    limits::Limiter limiter;
    TestRequests requests;
    TestUpgrades upgrades;
    eventloop::DeadlineWheel wheel{100ms};
    TransportContext context{.config = config,
                             .requests = requests,
                             .upgrades = upgrades,
                             .wheel = wheel,
                             .limiter = limiter,
                             .flushQueue = FlushQueue(&TestClock::now)};
    std::vector<std::unique_ptr<PacketPeer>> peers;
};

} // namespace

class TestFlushQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void messagesOfOnePassLeaveInOneWrite();
    void whatComesAMomentLaterLeavesInTheSameWrite();
    void messagesOfTwoPassesLeaveInTwo();
    void aMessageToManyDoesNotWaitForTheLast();
    void whoeverGetsASecondMessageInAPassWaitsForItsEnd();
    void aPassAfterALongOneWaits();
    void whatIsSentInAPauseLeavesInOneWrite();
    void nobodyIsWrittenEarlyInAPause();
    void aPauseIsOverWhenItsTimeHasPassed();
    void whoeverGoesInAPauseIsNotWritten();
    void whoeverHasEnoughToReadInAPauseIsNotReadFrom();
    void nothingIsLostOrReordered();
};

void TestFlushQueue::messagesOfOnePassLeaveInOneWrite()
{
    Fixture fixture(2);
    fixture.send("1");
    fixture.send("2");
    QCOMPARE(fixture.peers[0]->writes(), Writes());
    endPass();
    for (const auto &peer : fixture.peers)
        QCOMPARE(peer->writes(), Writes({{"1", "2"}}));
}

/// As the state does that Redis publishes of a change which it has answered.
void TestFlushQueue::whatComesAMomentLaterLeavesInTheSameWrite()
{
    Fixture fixture(1);
    fixture.send("1");
    lookAtSockets();
    QCOMPARE(fixture.peers[0]->writes(), Writes());
    fixture.send("2");
    lookAtSockets();
    QCOMPARE(fixture.peers[0]->writes(), Writes({{"1", "2"}}));
}

void TestFlushQueue::messagesOfTwoPassesLeaveInTwo()
{
    Fixture fixture(2);
    fixture.send("1");
    endPass();
    fixture.send("2");
    endPass();
    for (const auto &peer : fixture.peers)
        QCOMPARE(peer->writes(), Writes({{"1"}, {"2"}}));
}

void TestFlushQueue::aMessageToManyDoesNotWaitForTheLast()
{
    Fixture fixture(kMany);
    fixture.send("1");
    QCOMPARE(fixture.peers.front()->writes(), Writes({{"1"}}));
    endPass();
    for (const auto &peer : fixture.peers)
        QCOMPARE(peer->writes(), Writes({{"1"}}));
}

void TestFlushQueue::whoeverGetsASecondMessageInAPassWaitsForItsEnd()
{
    Fixture fixture(kMany);
    fixture.send("1");
    QCOMPARE(fixture.peers.front()->writes(), Writes({{"1"}}));
    fixture.send("2");
    fixture.send("3");
    QCOMPARE(fixture.peers.front()->writes(), Writes({{"1"}}));
    endPass();
    QCOMPARE(fixture.peers.front()->writes(), Writes({{"1"}, {"2", "3"}}));
    // In the next pass nobody has to wait again.
    fixture.send("4");
    QCOMPARE(fixture.peers.front()->writes(), Writes({{"1"}, {"2", "3"}, {"4"}}));
}

void TestFlushQueue::aPassAfterALongOneWaits()
{
    Fixture fixture(1);
    fixture.passSlowly();
    fixture.send("1");
    endPass();
    QCOMPARE(fixture.peers[0]->writes(), Writes());
    QTRY_COMPARE(fixture.peers[0]->writes(), Writes({{"1"}}));
}

void TestFlushQueue::whatIsSentInAPauseLeavesInOneWrite()
{
    Fixture fixture(1);
    fixture.passSlowly();
    fixture.send("1");
    endPass();
    fixture.send("2");
    endPass();
    fixture.send("3");
    QTRY_COMPARE(fixture.peers[0]->writes(), Writes({{"1", "2", "3"}}));
}

void TestFlushQueue::nobodyIsWrittenEarlyInAPause()
{
    Fixture fixture(kMany);
    fixture.passSlowly();
    fixture.send("1");
    QCOMPARE(fixture.peers.front()->writes(), Writes());
    for (const auto &peer : fixture.peers)
        QTRY_COMPARE(peer->writes(), Writes({{"1"}}));
}

void TestFlushQueue::aPauseIsOverWhenItsTimeHasPassed()
{
    Fixture fixture(1);
    fixture.passSlowly();
    TestClock::time += 1h;
    fixture.send("1");
    endPass();
    QCOMPARE(fixture.peers[0]->writes(), Writes({{"1"}}));
}

void TestFlushQueue::whoeverGoesInAPauseIsNotWritten()
{
    Fixture fixture(3);
    fixture.passSlowly();
    fixture.send("1");
    fixture.peers[1]->connection->abort();
    endPass(); // it is destroyed, and was queued
    QCOMPARE(fixture.context.connections.size(), 2);
    QTRY_COMPARE(fixture.peers[0]->writes(), Writes({{"1"}}));
    QCOMPARE(fixture.peers[2]->writes(), Writes({{"1"}}));
    QCOMPARE(fixture.peers[1]->writes(), Writes());
    QVERIFY(fixture.peers[1]->hasEnded);
}

void TestFlushQueue::whoeverHasEnoughToReadInAPauseIsNotReadFrom()
{
    constexpr qsizetype kHighWater = 1000;
    constexpr int kPings = 50;
    Fixture fixture(1, {.outboxHighWater = kHighWater});
    fixture.passSlowly();
    const QByteArray payload(100, 'p');
    for (int i = 0; i < kPings; ++i)
        QVERIFY(fixture.peers[0]->say(clientFrame(kFinalPing, payload)));
    const QDeadlineTimer deadline(5s);
    while (fixture.payloadsTo(0) < kPings && !deadline.hasExpired()) {
        QCoreApplication::processEvents();
        QVERIFY(fixture.peers[0]->connection->unsentBytes()
                <= kHighWater + encodeFrame(Opcode::Pong, payload).size());
    }
    QCOMPARE(fixture.payloadsTo(0), kPings);
}

/// Each message goes to another part of the peers; passes end at any time, and some take long.
void TestFlushQueue::nothingIsLostOrReordered()
{
    Fixture fixture(kMany);
    std::vector<QByteArrayList> sent(kMany);
    const auto isReceived = [&] {
        for (size_t i = 0; i < kMany; ++i) {
            QByteArrayList received;
            for (const QByteArrayList &texts : fixture.peers[i]->writes())
                received += texts;
            if (received != sent[i])
                return false;
        }
        return true;
    };
    for (size_t message = 0; message < 300; ++message) {
        const QByteArray text = QByteArray::number(message);
        for (size_t i = 0; i < kMany; ++i) {
            if ((i + message) % (1 + message % 5) != 0)
                continue;
            fixture.peers[i]->connection->sendText(text);
            sent[i].append(text);
        }
        TestClock::isSlow = message % 7 == 0;
        if (message % 3 == 0)
            QCoreApplication::processEvents();
    }
    TestClock::isSlow = false;
    QTRY_VERIFY(isReceived());
}

PRESENCE_EPOLL_TEST(TestFlushQueue)

#include "tst_flushqueue.moc"
