// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/transportfixture.h"

#include "shared/protocol/limits.h"

#include <sys/socket.h>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

class TestHttpGuard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRequestIsAnswered();
    void requestsFollowEachOtherOnOneConnection();
    void aRequestInPiecesIsAnswered();
    void aBodyIsReadOnlyAfterContinueWasSaid();
    void anOldClientIsServedOnce();
    void aFaultIsAnsweredAsAProblemAndEndsTheConnection();
    void anAnswerToATooLargeBodyIsNotLost();
    void aHalfClosedClientGetsItsAnswer();
    void aLargeAnswerArrivesWhole();
    void aClientThatDoesNotTakeItsAnswerIsCut();
    void aHandlerThatNeverAnswersIsAnsweredFor();
    void onlyTheFirstAnswerCounts();
    void anAnswerAfterTheServerIsGoneDoesNothing();
    void anIdleConnectionIsEndedSilently();
    void aConnectionThatSaysNothingIsEnded();
    void moreConnectionsThanAllowedAreRefused();
    void theOneThatIsIdleForTheLongestTimeMakesRoom();
    void whileMemoryIsShortNobodyComesIn();
    void aBodyThatNobodyWantsIsNotReceived();
    void bodiesOfOneAddressAreLimited();
    void whoGoesOnAfterARefusalIsNotReadForASecond();
    void emptyLinesDoNotKeepAConnection();
    void onePeerCannotTakeAllConnections();
    void drainingEndsIdleConnectionsAndAnswersTheRest();
    void manyPipelinedRequestsAreAllAnswered();
};

void TestHttpGuard::aRequestIsAnswered()
{
    TransportFixture fixture;
    QVERIFY(fixture.port != 0);
    RawClient client(fixture.port);
    client.write(get("/a%20b?c=d"));
    QTRY_VERIFY(client.received.endsWith("\r\n\r\nGET /a b\n"));
    QVERIFY(client.received.startsWith("HTTP/1.1 200 OK\r\n"));
    QVERIFY(client.received.contains("Connection: keep-alive\r\n"));
}

void TestHttpGuard::requestsFollowEachOtherOnOneConnection()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    for (int i = 1; i <= 3; ++i) {
        client.write("POST /" + QByteArray::number(i)
                     + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
        QTRY_COMPARE(client.answers(), i);
    }
    QCOMPARE(fixture.counters().accepted.value(), 1);
    QCOMPARE(fixture.counters().requests.value(), 3);
}

void TestHttpGuard::aRequestInPiecesIsAnswered()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    QVERIFY(client.waitForConnected());
    const QByteArray request = "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"_ba;
    for (qsizetype i = 0; i < request.size(); ++i) {
        client.write(request.mid(i, 1));
        client.flush();
        QCoreApplication::processEvents();
    }
    QTRY_VERIFY(client.received.endsWith("POST /p\nabcde"));
}

void TestHttpGuard::aBodyIsReadOnlyAfterContinueWasSaid()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(
        "POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    QTRY_COMPARE(client.received, "HTTP/1.1 100 Continue\r\n\r\n");
    QCOMPARE(fixture.requests.seen, 0);
    client.write("abc");
    QTRY_VERIFY(client.received.endsWith("POST /p\nabc"));
}

void TestHttpGuard::anOldClientIsServedOnce()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write("GET /old HTTP/1.0\r\n\r\n");
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.endsWith("GET /old\n"));
    QVERIFY(client.received.contains("Connection: close\r\n"));
}

void TestHttpGuard::aFaultIsAnsweredAsAProblemAndEndsTheConnection()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write("GET / HTTP/1.1\r\nHost : x\r\n\r\n" + get("/after"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 400 Bad Request\r\n"));
    QVERIFY(client.received.contains("Content-Type: application/problem+json\r\n"));
    QVERIFY(client.received.contains("\"status\":400"));
    QCOMPARE(client.answers(), 1);
    QCOMPARE(fixture.requests.seen, 0);
    QCOMPARE(fixture.counters().requestFaults.value(), 1);
}

void TestHttpGuard::anAnswerToATooLargeBodyIsNotLost()
{
    TransportFixture fixture;
    for (int round = 0; round < 20; ++round) {
        RawClient client(fixture.port);
        const qsizetype size = limits::kMaxRequestBody + 1;
        client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + QByteArray::number(size)
                     + "\r\n\r\n" + QByteArray(200 * 1024, 'x'));
        QTRY_VERIFY(client.hasEnded());
        QVERIFY(client.received.startsWith("HTTP/1.1 413 "));
        QCOMPARE(client.error(), QAbstractSocket::RemoteHostClosedError);
    }
}

void TestHttpGuard::aHalfClosedClientGetsItsAnswer()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/later"));
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    ::shutdown(static_cast<int>(client.socketDescriptor()), SHUT_WR);
    // By the answer to a later connection, the end of the first has been seen.
    RawClient other(fixture.port);
    other.write(get("/other"));
    QTRY_COMPARE(other.answers(), 1);
    fixture.requests.waiting.first()({200, {}, "late"_ba});
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.endsWith("\r\n\r\nlate"));
}

void TestHttpGuard::aLargeAnswerArrivesWhole()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/large", "Connection: close\r\n"));
    QTRY_VERIFY(client.hasEnded());
    const qsizetype body = client.received.indexOf("\r\n\r\n") + 4;
    QCOMPARE(client.received.size() - body, fixture.requests.largeSize);
}

void TestHttpGuard::aClientThatDoesNotTakeItsAnswerIsCut()
{
    TransportFixture fixture({.responseDeadline = 100ms});
    fixture.requests.largeSize = 64 * 1024 * 1024;
    RawClient client(fixture.port);
    client.setReadBufferSize(1024);
    client.disconnect(&client);
    client.write(get("/large"));
    QTRY_COMPARE(fixture.requests.seen, 1);
    QTRY_COMPARE(fixture.server->connectionCount(), 0);
    QVERIFY(fixture.counters().bytesOut.value() < fixture.requests.largeSize);
}

void TestHttpGuard::aHandlerThatNeverAnswersIsAnsweredFor()
{
    TransportFixture fixture({.responseDeadline = 50ms});
    RawClient client(fixture.port);
    client.write(get("/never"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 504 "));
}

void TestHttpGuard::onlyTheFirstAnswerCounts()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/later") + get("/later"));
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    const auto first = fixture.requests.waiting.takeFirst();
    first({200, {}, "first"_ba});
    first({200, {}, "again"_ba});
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    first({200, {}, "again"_ba});
    fixture.requests.waiting.takeFirst()({200, {}, "second"_ba});
    QTRY_COMPARE(client.answers(), 2);
    QTRY_VERIFY(client.received.endsWith("second"));
    QVERIFY(!client.received.contains("again"));
}

void TestHttpGuard::anAnswerAfterTheServerIsGoneDoesNothing()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/later"));
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    fixture.server.reset();
    fixture.requests.waiting.first()({200, {}, "late"_ba});
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.isEmpty());
}

void TestHttpGuard::anIdleConnectionIsEndedSilently()
{
    TransportFixture fixture({.keepAliveIdle = 50ms});
    RawClient client(fixture.port);
    client.write(get("/"));
    QTRY_VERIFY(client.hasEnded());
    QCOMPARE(client.answers(), 1);
    QCOMPARE(client.error(), QAbstractSocket::RemoteHostClosedError);
}

void TestHttpGuard::aConnectionThatSaysNothingIsEnded()
{
    TransportFixture fixture({.requestDeadline = 50ms});
    RawClient client(fixture.port);
    QTRY_COMPARE(fixture.counters().accepted.value(), 1);
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.isEmpty());
    QTRY_COMPARE(fixture.server->connectionCount(), 0);
}

void TestHttpGuard::moreConnectionsThanAllowedAreRefused()
{
    TransportFixture fixture({}, {.addressConnections = 10, .connections = 2});
    RawClient first(fixture.port);
    RawClient second(fixture.port);
    for (RawClient *client : {&first, &second})
        client->write(get("/later"));
    QTRY_COMPARE(fixture.requests.waiting.size(), 2);
    RawClient third(fixture.port);
    third.write(get("/"));
    QTRY_COMPARE(fixture.counters().rejected.value(), 1);
    QTRY_VERIFY(third.hasEnded());
    QVERIFY(third.received.startsWith("HTTP/1.1 503 "));
    QVERIFY(third.received.contains("Retry-After: "));
    fixture.requests.waiting.first()({200, {}, "late"_ba});
    QTRY_COMPARE(first.answers(), 1);
    // One that has nothing in work makes room.
    RawClient later(fixture.port);
    later.write(get("/"));
    QTRY_COMPARE(later.answers(), 1);
    QTRY_VERIFY(first.hasEnded());
    QVERIFY(!second.hasEnded());
}

void TestHttpGuard::theOneThatIsIdleForTheLongestTimeMakesRoom()
{
    TransportFixture fixture({}, {.addressConnections = 10, .connections = 2});
    RawClient half(fixture.port);
    half.write("GET / HTTP/1.1\r\n");
    QTRY_COMPARE(fixture.server->connectionCount(), 2 - 1);
    RawClient idle(fixture.port);
    idle.write(get("/"));
    QTRY_COMPARE(idle.answers(), 1);
    RawClient third(fixture.port);
    third.write(get("/"));
    QTRY_COMPARE(third.answers(), 1);
    QTRY_VERIFY(half.hasEnded());
    QVERIFY(!idle.hasEnded());
    RawClient fourth(fixture.port);
    fourth.write(get("/"));
    QTRY_COMPARE(fourth.answers(), 1);
    QTRY_VERIFY(idle.hasEnded());
}

void TestHttpGuard::whileMemoryIsShortNobodyComesIn()
{
    TransportFixture fixture({}, {.memory = 1000});
    RawClient idle(fixture.port);
    idle.write(get("/"));
    RawClient busy(fixture.port);
    busy.write(get("/later"));
    QTRY_COMPARE(idle.answers(), 1);
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    fixture.limiter.setMemory(2000);
    RawClient refused(fixture.port);
    refused.write(get("/"));
    QTRY_VERIFY(refused.hasEnded());
    QVERIFY(refused.received.startsWith("HTTP/1.1 503 "));
    RawClient session(fixture.port);
    session.write(get("/session"));
    QTRY_VERIFY(session.received.startsWith("HTTP/1.1 200 "));
    fixture.server->relieveMemory();
    QTRY_VERIFY(idle.hasEnded());
    fixture.requests.waiting.first()({200, {}, "late"_ba});
    QTRY_COMPARE(busy.answers(), 1);
    fixture.limiter.setMemory(500);
    RawClient later(fixture.port);
    later.write(get("/"));
    QTRY_COMPARE(later.answers(), 1);
}

void TestHttpGuard::aBodyThatNobodyWantsIsNotReceived()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write("POST /nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n"
                 "Expect: 100-continue\r\n\r\n");
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 200 "));
    QVERIFY(client.received.endsWith("POST /nobody\n"));
}

void TestHttpGuard::bodiesOfOneAddressAreLimited()
{
    TransportFixture fixture({}, {.addressBodies = 300'000});
    const QByteArray head = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n";
    RawClient first(fixture.port);
    first.write(head);
    QTRY_COMPARE(fixture.limiter.address(QHostAddress(QHostAddress::LocalHost))->bodies().load(),
                 200'000);
    RawClient second(fixture.port);
    second.write(head);
    QTRY_VERIFY(second.hasEnded());
    QVERIFY(second.received.startsWith("HTTP/1.1 429 "));
    first.write(QByteArray(200'000, 'x'));
    QTRY_COMPARE(first.answers(), 1);
    RawClient third(fixture.port);
    third.write(head + QByteArray(200'000, 'x'));
    QTRY_COMPARE(third.answers(), 1);
    QCOMPARE(fixture.limiter.address(QHostAddress(QHostAddress::LocalHost))->bodies().load(), 0);
}

void TestHttpGuard::whoGoesOnAfterARefusalIsNotReadForASecond()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/429") + get("/429"));
    QTRY_COMPARE(client.answers(), 1);
    const QElapsedTimer time = [] {
        QElapsedTimer timer;
        timer.start();
        return timer;
    }();
    QTRY_COMPARE(client.answers(), 2);
    QVERIFY(time.elapsed() >= 900);
}

void TestHttpGuard::emptyLinesDoNotKeepAConnection()
{
    TransportFixture fixture({.requestDeadline = 200ms});
    RawClient client(fixture.port);
    QTimer lines;
    connect(&lines, &QTimer::timeout, &client, [&client] { client.write("\r\n"); });
    lines.start(60ms);
    QTRY_VERIFY(client.hasEnded());
}

void TestHttpGuard::onePeerCannotTakeAllConnections()
{
    TransportFixture fixture({}, {.addressConnections = 1});
    RawClient first(fixture.port);
    QTRY_COMPARE(fixture.server->connectionCount(), 1);
    RawClient second(fixture.port);
    QTRY_VERIFY(second.hasEnded());
    QTcpSocket other;
    QVERIFY(other.bind(QHostAddress(u"127.0.0.2"_s)));
    other.connectToHost(QHostAddress(QHostAddress::LocalHost), fixture.port);
    QTRY_COMPARE(fixture.server->connectionCount(), 2);
    QCOMPARE(fixture.counters().rejected.value(), 1);
}

void TestHttpGuard::drainingEndsIdleConnectionsAndAnswersTheRest()
{
    TransportFixture fixture({.drainSpread = 40ms});
    RawClient idle(fixture.port);
    idle.write(get("/"));
    RawClient busy(fixture.port);
    busy.write(get("/later"));
    QTRY_COMPARE(idle.answers(), 1);
    QTRY_COMPARE(fixture.requests.waiting.size(), 1);
    fixture.server->drain();
    QTRY_VERIFY(idle.hasEnded());
    QVERIFY(!busy.hasEnded());
    fixture.requests.waiting.first()({200, {}, "late"_ba});
    QTRY_VERIFY(busy.hasEnded());
    QVERIFY(busy.received.endsWith("late"));
    RawClient refused(fixture.port);
    QTRY_VERIFY(refused.error() == QAbstractSocket::ConnectionRefusedError);
}

void TestHttpGuard::manyPipelinedRequestsAreAllAnswered()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/a").repeated(5000));
    QTRY_COMPARE(client.answers(), 5000);
}

PRESENCE_EPOLL_TEST(TestHttpGuard)

#include "tst_httpguard.moc"
