// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/rawwebsocket.h"

#include <QElapsedTimer>
#include <QTimer>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

class TestWebSocketLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void closingDoesNotWaitForEver();
    void tooManyMessagesAreReadSlowly();
    void tooManyOfAUserAreReadSlowly();
    void whoeverOwesForLongIsClosedThoughItSaysNoMore();
    void whoVanishesAfterTooManyIsDropped();
    void whoGoesOnIsClosed();
    void aMessageThatNeverEndsIsCut();
    void aPeerThatAnswersPingsStays();
    void aVanishedPeerIsDropped();
    void unreadPongsDoNotPileUp();
    void aPeerThatDoesNotReadIsNotReadFrom();
};

void TestWebSocketLimits::closingDoesNotWaitForEver()
{
    TransportFixture fixture({.closeDeadline = 50ms});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    fixture.upgrades.log.latest->close(CloseCode::SignedOff);
    QTRY_VERIFY(client.hasEnded());
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::SignedOff});
}

// What is more than the burst is read at the rate.
void TestWebSocketLimits::tooManyMessagesAreReadSlowly()
{
    TransportFixture fixture({}, {.connectionMessages = {.count = 1000, .burst = 10}});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    QElapsedTimer time;
    time.start();
    const int messages = 4 * 1024 * 2 / int(text("x").size());
    client.write(text("x").repeated(messages));
    QTRY_COMPARE_WITH_TIMEOUT(client.received, echoOf("x").repeated(messages), 20'000);
    // The last of them were read before they were paid for.
    const int owed = 4 * 1024 / int(text("x").size());
    QVERIFY(time.elapsed() >= messages - 10 - owed);
    QVERIFY(fixture.upgrades.log.closed.isEmpty());
    QVERIFY(fixture.counters().rateLimited.value() >= 1);
    // A ping is no way around it.
    client.received.clear();
    client.write(clientFrame(kFinalPing, "p"));
    QTRY_COMPARE_WITH_TIMEOUT(client.received, encodeFrame(Opcode::Pong, "p"), 20'000);
}

// What one connection sends is not there for another of the same user, and is for another's.
void TestWebSocketLimits::tooManyOfAUserAreReadSlowly()
{
    limits::Limits limits{.connectionMessages = {}};
    limits.user[static_cast<size_t>(limits::Spending::Messages)] = {.count = 100, .burst = 50};
    TransportFixture fixture({}, limits);
    const auto payer = [&](const char *user) {
        return limits::Payer(fixture.limiter, UserId(user), QHostAddress::LocalHost, false);
    };
    fixture.upgrades.log.payer = payer("alice");
    RawWebSocket first(fixture.port);
    QVERIFY(first.open());
    RawWebSocket second(fixture.port);
    QVERIFY(second.open());
    fixture.upgrades.log.payer = payer("bob");
    RawWebSocket other(fixture.port);
    QVERIFY(other.open());
    QElapsedTimer time;
    time.start();
    first.write(text("x").repeated(100));
    QTRY_COMPARE(first.received, echoOf("x").repeated(100));
    // The second has nothing left: what it says is read at once, and it is not read any further.
    second.write(text("y"));
    QTRY_COMPARE(second.received, echoOf("y"));
    second.write(text("z"));
    other.write(text("x"));
    QTRY_COMPARE(other.received, echoOf("x"));
    QTRY_COMPARE(second.received, echoOf("y") + echoOf("z"));
    QVERIFY(time.elapsed() >= 500); // of 101 messages, 50 at once
    QVERIFY(fixture.limiter.limited(limits::Limit::UserMessages) >= 1);
    QCOMPARE(fixture.limiter.limited(limits::Limit::ConnectionMessages), 0);
    QVERIFY(fixture.upgrades.log.closed.isEmpty());
}

void TestWebSocketLimits::whoeverOwesForLongIsClosedThoughItSaysNoMore()
{
    TransportFixture fixture(
        {.overloadPatience = 100ms},
        {.connectionMessages = {.count = 1, .per = std::chrono::seconds(3600), .burst = 5}});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(text("x").repeated(10));
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::TooManyMessages});
    QVERIFY(client.received.startsWith(echoOf("x").repeated(10)));
}

void TestWebSocketLimits::whoVanishesAfterTooManyIsDropped()
{
    TransportFixture fixture({.pingInterval = 400ms, .pingTimeout = 200ms},
                             {.connectionMessages = {.count = 10'000, .burst = 10}});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(text("x").repeated(500));
    QTRY_VERIFY(client.received.contains(echoOf("x").repeated(500)));
    QVERIFY(fixture.counters().rateLimited.value() >= 1);
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::Abnormal});
}

void TestWebSocketLimits::whoGoesOnIsClosed()
{
    TransportFixture fixture({.overloadPatience = 200ms},
                             {.connectionMessages = {.count = 10'000, .burst = 10}});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    QTimer more;
    connect(&more, &QTimer::timeout, &client, [&client] {
        if (client.bytesToWrite() < 256 * 1024)
            client.write(text("x").repeated(10'000));
    });
    more.start(1);
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::TooManyMessages});
    QVERIFY(fixture.counters().rateLimited.value() >= 1);
}

void TestWebSocketLimits::aMessageThatNeverEndsIsCut()
{
    TransportFixture fixture({.messageDeadline = 50ms, .closeDeadline = 50ms});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(text("whole") + clientFrame(0x01, "never"));
    QTRY_VERIFY(client.hasEnded());
    QCOMPARE(client.received,
             echoOf("whole") + encodeClose(CloseCode::PolicyViolation, "message too slow"));
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::PolicyViolation});
}

void TestWebSocketLimits::aPeerThatAnswersPingsStays()
{
    TransportFixture fixture({.pingInterval = 300ms, .pingTimeout = 280ms});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    connect(&client, &QTcpSocket::readyRead, &client,
            [&client] { client.write(clientFrame(kFinalPong, "")); });
    QTRY_VERIFY(client.received.count("\x89") >= 3);
    QVERIFY(fixture.upgrades.log.closed.isEmpty());
}

void TestWebSocketLimits::aVanishedPeerIsDropped()
{
    TransportFixture fixture({.pingInterval = 40ms, .pingTimeout = 20ms});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::Abnormal});
    QCOMPARE(fixture.counters().vanishedPeers.value(), 1);
    QTRY_COMPARE(client.received, encodeFrame(Opcode::Ping, {}));
}

void TestWebSocketLimits::unreadPongsDoNotPileUp()
{
    constexpr qsizetype kRoom = 64 * 1024 * 1024;
    TransportFixture fixture({.maxOutbox = kRoom, .outboxHighWater = kRoom},
                             {.connectionMessages = {}});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    WebSocketConnection &connection = *fixture.upgrades.log.latest;
    // Or the kernel makes more room while it looks on.
    client.setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 64 * 1024);
    client.setReadBufferSize(1024);
    client.disconnect(&client);
    // More than the kernel comes to hold, however far its buffers grow while the pings arrive: from
    // here on the outbox is blocked.
    const QByteArray block = encodeFrame(Opcode::Binary, QByteArray(64 * 1024, 'x'));
    while (connection.unsentBytes() < kRoom / 2) {
        connection.send(block);
        QCoreApplication::processEvents();
    }
    const qsizetype before = connection.unsentBytes();
    const qint64 bytesIn = fixture.counters().bytesIn.value();
    const QByteArray pings = clientFrame(kFinalPing, QByteArray(125, 'p')).repeated(10'000);
    client.write(pings);
    QTRY_COMPARE(fixture.counters().bytesIn.value() - bytesIn, pings.size());
    QVERIFY(connection.unsentBytes() <= before + 127);
    QVERIFY(connection.isOpen());
    // The latest is answered when the client reads again.
    client.write(clientFrame(kFinalPing, "latest"));
    client.setReadBufferSize(0);
    QTRY_VERIFY(
        (client.received += client.readAll()).endsWith(encodeFrame(Opcode::Pong, "latest")));
    QVERIFY(client.received.count(encodeFrame(Opcode::Pong, QByteArray(125, 'p'))) <= 1);
}

void TestWebSocketLimits::aPeerThatDoesNotReadIsNotReadFrom()
{
    constexpr qsizetype kHighWater = 256 * 1024;
    constexpr int kQuestions = 512;
    TransportFixture fixture({.outboxHighWater = kHighWater}, {.connectionMessages = {}});
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    const WebSocketConnection &connection = *fixture.upgrades.log.latest;
    client.setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, 64 * 1024);
    client.setReadBufferSize(1024);
    client.disconnect(&client);
    RawWebSocket other(fixture.port);
    QVERIFY(other.open());
    int others = 0;
    const auto isOtherAnswered = [&] {
        ++others;
        other.received.clear();
        other.write(text("?"));
        return QTest::qWaitFor([&other] { return other.received == echoOf("?"); });
    };
    // More than the kernel holds. What one read asks for may come on top of the high water.
    const QByteArray question = text(QByteArray(32 * 1024, 'x'));
    client.write(question.repeated(kQuestions));
    const qsizetype most = kHighWater + TransportContext::kReadSize + question.size();
    for (int throttled = 0; throttled < 10;) {
        QVERIFY(isOtherAnswered());
        QVERIFY(connection.unsentBytes() <= most);
        throttled += connection.unsentBytes() > kHighWater / 2 ? 1 : 0;
    }

    client.setReadBufferSize(0);
    QObject::connect(&client, &QTcpSocket::readyRead, &client, [&] { client.readAll(); });
    client.readAll();
    QTRY_COMPARE(fixture.counters().messagesIn.value(), kQuestions + others);
    QVERIFY(connection.isOpen());
}

PRESENCE_EPOLL_TEST(TestWebSocketLimits)

#include "tst_websocketlimits.moc"
