// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/rawwebsocket.h"

#include <QSignalSpy>
#include <QWebSocket>

#include <sys/socket.h>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

class TestWebSocketConnection : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aQtClientTalksToIt();
    void aMessageInPiecesIsRead();
    void messagesOfOnePassLeaveInOneWrite();
    void whoSaysNothingMoreIsAnsweredStill();
    void aPingIsAnswered();
    void pingsAreAnsweredInOrderWithTheMessages();
    void aCloseIsEchoed();
    void closingWaitsForThePeersFrame();
    void aBrokenConnectionIsAbnormal();
    void aProtocolErrorSaysWhy_data();
    void aProtocolErrorSaysWhy();
    void abortingFromWithinAMessageIsSafe();
    void closingFromWithinAMessageIsSafe();
    void destroyingTheServerClosesEachOnce();
    void drainingClosesAllWithACode();
    void drainingTellsEachClientItsOwnTimeToComeBack();
};

void TestWebSocketConnection::aQtClientTalksToIt()
{
    TransportFixture fixture;
    QWebSocket client(u"http://x"_s);
    QSignalSpy texts(&client, &QWebSocket::textMessageReceived);
    QSignalSpy binaries(&client, &QWebSocket::binaryMessageReceived);
    QSignalSpy pongs(&client, &QWebSocket::pong);
    client.open(QUrl(u"ws://127.0.0.1:%1/ws?vsn=2.0.0"_s.arg(fixture.port)));
    QTRY_COMPARE(client.state(), QAbstractSocket::ConnectedState);
    client.sendTextMessage(u"Grüße"_s);
    client.sendBinaryMessage("\xff"_ba);
    client.sendTextMessage(QString(50'000, u'x'));
    client.ping("p"_ba);
    QTRY_COMPARE(texts.size(), 2);
    QCOMPARE(texts[0][0].toString(), u"Grüße"_s);
    QCOMPARE(texts[1][0].toString().size(), 50'000);
    QTRY_COMPARE(binaries.size(), 1);
    QTRY_COMPARE(pongs.size(), 1);
    client.close(QWebSocketProtocol::CloseCodeNormal, u"bye"_s);
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::Normal});
    QTRY_COMPARE(fixture.server->connectionCount(), 0);
    QCOMPARE(fixture.upgrades.log.handlers, 0);
}

void TestWebSocketConnection::aMessageInPiecesIsRead()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    const QByteArray payload(60'000, 'x');
    const QByteArray bytes
        = clientFrame(0x01, payload.first(30'000)) + clientFrame(0x80, payload.sliced(30'000));
    for (qsizetype at = 0; at < bytes.size(); at += 1000) {
        client.write(bytes.mid(at, 1000));
        client.flush();
        QCoreApplication::processEvents();
    }
    QTRY_COMPARE(client.received, echoOf(payload));
}

void TestWebSocketConnection::messagesOfOnePassLeaveInOneWrite()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    WebSocketConnection &connection = *fixture.upgrades.log.latest;
    for (int i = 0; i < 100; ++i)
        connection.sendText("x");
    QCOMPARE(connection.unsentBytes(), 300);
    QTRY_COMPARE(connection.unsentBytes(), 0);
    QTRY_COMPARE(client.received, echoOf("x").repeated(100));
}

void TestWebSocketConnection::whoSaysNothingMoreIsAnsweredStill()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(clientFrame(0x81, "last"));
    client.flush();
    ::shutdown(static_cast<int>(client.socketDescriptor()), SHUT_WR);
    QTRY_COMPARE(client.received, echoOf("last"));
}

void TestWebSocketConnection::aPingIsAnswered()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(clientFrame(kFinalPing, "are you there"));
    QTRY_COMPARE(client.received, encodeFrame(Opcode::Pong, "are you there"));
}

void TestWebSocketConnection::pingsAreAnsweredInOrderWithTheMessages()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(clientFrame(kFinalPing, "1") + clientFrame(0x01, "in ")
                 + clientFrame(kFinalPing, "2") + clientFrame(0x80, "two")
                 + clientFrame(kFinalPing, "3"));
    QTRY_COMPARE(client.received,
                 encodeFrame(Opcode::Pong, "1") + encodeFrame(Opcode::Pong, "2") + echoOf("in two")
                     + encodeFrame(Opcode::Pong, "3"));
}

void TestWebSocketConnection::aCloseIsEchoed()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(text("last") + clientFrame(kFinalClose, "\x0f\xa1") + text("after"));
    QTRY_VERIFY(client.hasEnded());
    QCOMPARE(client.received, echoOf("last") + encodeClose(CloseCode::TokenExpired));
    QCOMPARE(fixture.upgrades.log.messages, QByteArrayList{"last"});
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::TokenExpired});
}

void TestWebSocketConnection::closingWaitsForThePeersFrame()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    fixture.upgrades.log.latest->close(CloseCode::SignedOff, "bye");
    QTRY_COMPARE(client.received, encodeClose(CloseCode::SignedOff, "bye"));
    client.write(text("ignored") + clientFrame(kFinalClose, "\x0f\xa2"));
    QTRY_VERIFY(client.hasEnded());
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::SignedOff});
    QVERIFY(fixture.upgrades.log.messages.isEmpty());
}

void TestWebSocketConnection::aBrokenConnectionIsAbnormal()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.abort();
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::Abnormal});
    QTRY_COMPARE(fixture.counters().openWebSockets.value(), 0);
}

void TestWebSocketConnection::aProtocolErrorSaysWhy_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<CloseCode>("code");
    QTest::newRow("unmasked") << "\x81\x01x"_ba << CloseCode::ProtocolError;
    QTest::newRow("not UTF-8") << text("\xff"_ba) << CloseCode::InvalidPayload;
    QTest::newRow("too big") << text(QByteArray(65 * 1024, 'x')) << CloseCode::MessageTooBig;
}

void TestWebSocketConnection::aProtocolErrorSaysWhy()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const CloseCode, code);
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(bytes + text("after"));
    QTRY_VERIFY(client.hasEnded());
    QCOMPARE(client.received, closeFrame(code));
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{code});
    QVERIFY(fixture.upgrades.log.messages.isEmpty());
}

void TestWebSocketConnection::abortingFromWithinAMessageIsSafe()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(text("a") + text("abort") + text("after"));
    QTRY_VERIFY(client.hasEnded());
    QTRY_COMPARE(fixture.upgrades.log.handlers, 0);
    QCOMPARE(fixture.upgrades.log.messages, (QByteArrayList{"a", "abort"}));
    QCOMPARE(fixture.upgrades.log.closed, QList{CloseCode::Abnormal});
}

void TestWebSocketConnection::closingFromWithinAMessageIsSafe()
{
    TransportFixture fixture;
    RawWebSocket client(fixture.port);
    QVERIFY(client.open());
    client.write(text("close") + text("after"));
    QTRY_COMPARE(client.received, echoOf("close") + encodeClose(CloseCode::Normal, "bye"));
    client.disconnectFromHost();
    QTRY_COMPARE(fixture.upgrades.log.closed, QList{CloseCode::Normal});
    QCOMPARE(fixture.upgrades.log.messages, QByteArrayList{"close"});
}

void TestWebSocketConnection::destroyingTheServerClosesEachOnce()
{
    TransportFixture fixture;
    RawWebSocket first(fixture.port);
    RawWebSocket second(fixture.port);
    QVERIFY(first.open() && second.open());
    fixture.server.reset();
    QCOMPARE(fixture.upgrades.log.closed, (QList{CloseCode::GoingAway, CloseCode::GoingAway}));
    QCOMPARE(fixture.upgrades.log.handlers, 0);
    QTRY_VERIFY(first.hasEnded() && second.hasEnded());
}

void TestWebSocketConnection::drainingClosesAllWithACode()
{
    TransportFixture fixture({.closeDeadline = 50ms, .drainSpread = 60ms});
    std::vector<std::unique_ptr<RawWebSocket>> clients;
    for (int i = 0; i < 20; ++i)
        clients.push_back(std::make_unique<RawWebSocket>(fixture.port));
    for (const auto &client : clients)
        QVERIFY(client->open());
    QSignalSpy drained(fixture.server.get(), &TransportServer::drained);
    fixture.server->drain();
    QTRY_COMPARE(drained.size(), 1);
    QTRY_COMPARE(fixture.upgrades.log.closed, QList<CloseCode>(20, CloseCode::Draining));
    for (const auto &client : clients)
        QTRY_VERIFY(client->received.endsWith("draining retry_after_ms=0"));
    QCOMPARE(fixture.server->connectionCount(), 0);
}

void TestWebSocketConnection::drainingTellsEachClientItsOwnTimeToComeBack()
{
    TransportFixture fixture({.closeDeadline = 50ms, .drainSpread = 20ms, .returnSpread = 2500ms});
    std::vector<std::unique_ptr<RawWebSocket>> clients;
    for (int i = 0; i < 10; ++i)
        clients.push_back(std::make_unique<RawWebSocket>(fixture.port));
    for (const auto &client : clients)
        QVERIFY(client->open());
    fixture.server->drain();
    QSet<int> times;
    for (const auto &client : clients) {
        QTRY_VERIFY(client->hasEnded());
        times.insert(client->received.mid(client->received.indexOf('=') + 1).toInt());
    }
    QVERIFY(times.size() > 5);
    QVERIFY(std::all_of(times.begin(), times.end(), [](int ms) { return ms >= 0 && ms <= 2500; }));
}

PRESENCE_EPOLL_TEST(TestWebSocketConnection)

#include "tst_websocketconnection.moc"
