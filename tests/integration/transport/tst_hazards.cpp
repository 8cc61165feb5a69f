// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/transportfixture.h"
#include "tests/unit/transport/clientframe.h"

#include "server/transport/listener.h"
#include "shared/protocol/limits.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

/// Each of these took down, fooled or exhausted a server made of the stock classes of Qt 6.4.
class TestHazards : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientThatGoesAwayWhileItsAnswerIsBeingMade();
    void twoRequestsInOneSegmentAreAnsweredInOrder();
    void headHasNoBody();
    void connectionCloseIsHonoured();
    void aSmuggledRequestIsNotServed();
    void secondHandshakeOnOneSocketIsAProtocolError();
    void aRefusedHandshakeIsNotUpgraded();
    void aHeaderOf64MegabytesIsRefusedEarly();
    void aHeadThatNeverEndsIsCutAtTheDeadline();
    void whatIsSmallDoesNotWaitForAnAcknowledgement();
    void connectionsThatTalkNonsenseDoNotStopTheListener();
    void runningOutOfDescriptorsDoesNotStopTheListener();
    void aSlowReaderIsCut();
    void aSlowReaderMissesWhatWasSuperseded();
    void aFrameOfTwoGigabytesIsRefusedAtItsHead();
    void anUnmaskedFrameIsAProtocolError();
};

void TestHazards::clientThatGoesAwayWhileItsAnswerIsBeingMade()
{
    TransportFixture fixture;
    for (int round = 0; round < 10; ++round) {
        const bool isReset = round % 2;
        {
            RawClient client(fixture.port);
            client.write(get("/later"));
            QTRY_COMPARE(fixture.requests.waiting.size(), 1);
            const linger reset{isReset, 0};
            ::setsockopt(static_cast<int>(client.socketDescriptor()), SOL_SOCKET, SO_LINGER, &reset,
                         sizeof reset);
            client.abort();
        }
        if (isReset)
            QTRY_COMPARE(fixture.server->connectionCount(), 0);
        fixture.requests.waiting.takeFirst()({200, {}, QByteArray(100'000, 'x')});
        QTRY_COMPARE(fixture.server->connectionCount(), 0);
    }
    RawClient client(fixture.port);
    client.write(get("/after"));
    QTRY_COMPARE(client.answers(), 1);
}

void TestHazards::twoRequestsInOneSegmentAreAnsweredInOrder()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/later") + get("/second"));
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    QCOMPARE(fixture.requests.seen, 1);
    fixture.requests.waiting.first()({200, {}, "first"_ba});
    QTRY_COMPARE(client.answers(), 2);
    QVERIFY(client.received.indexOf("first") < client.received.indexOf("GET /second"));
}

void TestHazards::headHasNoBody()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + get("/b"));
    QTRY_COMPARE(client.answers(), 2);
    QVERIFY(!client.received.contains("GET /a\n"));
    QVERIFY(client.received.contains("Content-Length: 7\r\n"));
    QVERIFY(client.received.endsWith("GET /b\n"));
}

void TestHazards::connectionCloseIsHonoured()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/a", "Connection: close\r\n") + get("/b"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.endsWith("GET /a\n"));
    QVERIFY(client.received.contains("Connection: close\r\n"));
    QCOMPARE(fixture.requests.seen, 1);
}

void TestHazards::aSmuggledRequestIsNotServed()
{
    TransportFixture fixture;
    const QByteArray hidden = get("/hidden");
    for (const QByteArray &framing :
         {"Content-Length: 18446744073709551615\r\n"_ba,
          "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"_ba,
          "Transfer-Encoding : chunked\r\n"_ba, "Content-Length: 4\r\nContent-Length: 0\r\n"_ba,
          "Transfer-Encoding: xchunked\r\n"_ba}) {
        RawClient client(fixture.port);
        client.write("POST / HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n0\r\n\r\n" + hidden);
        QTRY_VERIFY(client.hasEnded());
        QCOMPARE(client.answers(), 1);
    }
    QCOMPARE(fixture.requests.seen, 0);
}

void TestHazards::secondHandshakeOnOneSocketIsAProtocolError()
{
    TransportFixture fixture({.messageDeadline = 50ms, .closeDeadline = 50ms});
    RawClient client(fixture.port);
    // A frame head that is not whole, and a hand-shake as what it is completed with.
    client.write(handshake("/ws") + "\x81\xfe" + handshake("/401", "Authorization: evil\r\n"));
    QTRY_VERIFY(client.hasEnded());
    QCOMPARE(client.answers(), 1);
    QCOMPARE(fixture.upgrades.decided, QByteArrayList{"/ws"});
    QCOMPARE(fixture.counters().upgrades.value(), 1);
    QTRY_COMPARE(fixture.upgrades.log.closed.size(), 1);

    RawClient plain(fixture.port);
    plain.write(handshake("/ws") + handshake("/ws"));
    QTRY_VERIFY(plain.hasEnded());
    QTRY_COMPARE(fixture.upgrades.log.closed.size(), 2);
    QCOMPARE(fixture.upgrades.log.closed.last(), CloseCode::ProtocolError);
}

void TestHazards::aRefusedHandshakeIsNotUpgraded()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake("/401") + clientFrame(kFinalText, "x"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 401 "));
    QVERIFY(!client.received.contains("HTTP/1.1 101"));
    QCOMPARE(fixture.counters().openWebSockets.value(), 0);
}

void TestHazards::aHeaderOf64MegabytesIsRefusedEarly()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\nX: ");
    qsizetype left = 64 * 1024 * 1024;
    const QByteArray piece(64 * 1024, 'x');
    const auto more = [&] {
        if (left > 0 && client.bytesToWrite() < piece.size())
            left -= client.write(piece);
    };
    connect(&client, &QTcpSocket::bytesWritten, &client, more);
    connect(&client, &QTcpSocket::connected, &client, more);
    QTRY_VERIFY(client.hasEnded());
    QTRY_COMPARE(fixture.server->connectionCount(), 0);
    QCOMPARE(fixture.counters().requestFaults.value(), 1);
    // The limit, what is thrown away after the answer, and two reads.
    QVERIFY(fixture.counters().bytesIn.value() < 512 * 1024);
    QVERIFY(left > 0);
}

void TestHazards::aHeadThatNeverEndsIsCutAtTheDeadline()
{
    TransportFixture fixture({.requestDeadline = 100ms});
    RawClient client(fixture.port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n");
    QTimer drip;
    connect(&drip, &QTimer::timeout, &client, [&client] { client.write("X: y\r\n"); });
    drip.start(5ms);
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 408 "));
}

void TestHazards::whatIsSmallDoesNotWaitForAnAcknowledgement()
{
    int hasNoDelay = 0;
    Listener listener(
        [&](int accepted, const QHostAddress &) {
            socklen_t size = sizeof hasNoDelay;
            ::getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &hasNoDelay, &size);
            ::close(accepted);
        },
        [] {});
    const auto port = listener.listen(QHostAddress::LocalHost, 0);
    QVERIFY(port);
    const RawClient client(*port);
    QTRY_VERIFY(hasNoDelay);
}

void TestHazards::connectionsThatTalkNonsenseDoNotStopTheListener()
{
    TransportFixture fixture;
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(std::make_unique<RawClient>(fixture.port));
        clients.back()->write(i % 2 ? "\x16\x03\x01\x02"_ba : "nonsense\n"_ba);
        if (i % 3 == 0)
            clients.back()->abort();
    }
    RawClient client(fixture.port);
    client.write(get("/"));
    QTRY_COMPARE(client.answers(), 1);
}

/// Lowers the limit of open descriptors, and takes all that are left but `spared`.
class Exhaustion
{
public:
    explicit Exhaustion(int spared)
    {
        ::getrlimit(RLIMIT_NOFILE, &m_before);
        rlimit lower = m_before;
        lower.rlim_cur = 128;
        ::setrlimit(RLIMIT_NOFILE, &lower);
        for (int taken = ::dup(0); taken >= 0; taken = ::dup(0))
            m_taken.append(taken);
        for (int i = 0; i < spared; ++i)
            ::close(m_taken.takeLast());
    }
    ~Exhaustion()
    {
        for (const int taken : std::as_const(m_taken))
            ::close(taken);
        ::setrlimit(RLIMIT_NOFILE, &m_before);
    }
    Q_DISABLE_COPY_MOVE(Exhaustion)

private:
    rlimit m_before{};
    QList<int> m_taken;
};

void TestHazards::runningOutOfDescriptorsDoesNotStopTheListener()
{
    TransportFixture fixture;
    RawClient before(fixture.port);
    before.write(get("/"));
    QTRY_COMPARE(before.answers(), 1);
    {
        const Exhaustion exhaustion(1);
        RawClient refused(fixture.port); // takes the last descriptor
        QTRY_VERIFY(refused.hasEnded());
        QCOMPARE(fixture.counters().rejected.value(), 1);
        before.write(get("/"));
        QTRY_COMPARE(before.answers(), 2);
    }
    RawClient after(fixture.port);
    after.write(get("/"));
    QTRY_COMPARE(after.answers(), 1);
}

void TestHazards::aSlowReaderIsCut()
{
    TransportFixture fixture({.closeDeadline = 50ms, .maxOutbox = 1024 * 1024});
    RawClient client(fixture.port);
    client.setReadBufferSize(1024);
    client.write(handshake("/ws"));
    QTRY_VERIFY(client.received.startsWith("HTTP/1.1 101 "));
    client.disconnect(&client);
    // 16 MB of answers, of which the kernel takes a part.
    client.write(clientFrame(kFinalText, "flood"));
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::SlowConsumer});
    QCOMPARE(fixture.counters().slowConsumers.value(), 1);
    QTRY_COMPARE(fixture.server->connectionCount(), 0);
}

void TestHazards::aSlowReaderMissesWhatWasSuperseded()
{
    TransportFixture fixture({.maxOutbox = 1024 * 1024});
    RawClient client(fixture.port);
    client.setReadBufferSize(1024);
    client.write(handshake("/ws"));
    QTRY_VERIFY(client.received.startsWith("HTTP/1.1 101 "));
    client.disconnect(&client);
    // 16 MB of changes of one subject, then one of another.
    client.write(clientFrame(kFinalText, "changes"));
    QTRY_VERIFY(fixture.counters().supersededFrames.value() > 0);
    client.setReadBufferSize(0);
    QByteArray all;
    QTRY_VERIFY((all += client.readAll()).endsWith("the last"));
    QVERIFY(all.size() < 16 * 1024 * 1024);
    QVERIFY(all.contains("256 of 256"));
    QVERIFY(fixture.upgrades.log.closed.isEmpty());
    QCOMPARE(fixture.counters().slowConsumers.value(), 0);
}

void TestHazards::aFrameOfTwoGigabytesIsRefusedAtItsHead()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake("/ws") + QByteArray::fromHex("82ff000000007fffffff00000000"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.endsWith(encodeClose(CloseCode::MessageTooBig, "message too big")));
}

void TestHazards::anUnmaskedFrameIsAProtocolError()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake("/ws") + encodeFrame(Opcode::Text, "x"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.endsWith(encodeClose(CloseCode::ProtocolError, "protocol error")));
    QVERIFY(fixture.upgrades.log.messages.isEmpty());
}

PRESENCE_EPOLL_TEST(TestHazards)

#include "tst_hazards.moc"
