// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/rawwebsocket.h"

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

class TestWebSocketHandshake : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theHandshakeIsAnsweredAsTheRfcSays();
    void onlyAnOfferedSubprotocolIsSelected();
    void aRefusalIsARealHttpAnswer_data();
    void aRefusalIsARealHttpAnswer();
    void aMalformedHandshakeIsRefused_data();
    void aMalformedHandshakeIsRefused();
    void framesInTheSegmentOfTheHandshakeAreRead();
};

void TestWebSocketHandshake::theHandshakeIsAnsweredAsTheRfcSays()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake("/ws"));
    QTRY_VERIFY(client.received.endsWith("\r\n\r\n"));
    QVERIFY(client.received.startsWith("HTTP/1.1 101 "));
    QVERIFY(client.received.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    QVERIFY(!client.received.contains("Sec-WebSocket-Protocol"));
    QCOMPARE(fixture.counters().openWebSockets.value(), 1);
    QTRY_COMPARE(fixture.counters().openHttp.value(), 0);
}

void TestWebSocketHandshake::onlyAnOfferedSubprotocolIsSelected()
{
    TransportFixture fixture;
    const auto selected = [&](const QByteArray &offered) {
        RawClient client(fixture.port);
        client.write(handshake("/ws", "Sec-WebSocket-Protocol: " + offered + "\r\n"));
        return QTest::qWaitFor([&] { return client.received.endsWith("\r\n\r\n"); })
            ? client.received
            : QByteArray();
    };
    QVERIFY(selected("phoenix, base64url.bearer.phx.abc"_ba)
                .contains("\r\nSec-WebSocket-Protocol: phoenix\r\n"));
    const QByteArray other = selected("graphql"_ba);
    QVERIFY(other.startsWith("HTTP/1.1 101 ") && !other.contains("Sec-WebSocket-Protocol"));
}

void TestWebSocketHandshake::aRefusalIsARealHttpAnswer_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("status");
    QTest::newRow("unauthorised") << "/401"_ba
                                  << "401 Unauthorized"_ba;
    QTest::newRow("forbidden") << "/403"_ba
                               << "403 Forbidden"_ba;
    QTest::newRow("unknown path") << "/nowhere"_ba
                                  << "404 Not Found"_ba;
    QTest::newRow("unavailable") << "/503"_ba
                                 << "503 Service Unavailable"_ba;
}

void TestWebSocketHandshake::aRefusalIsARealHttpAnswer()
{
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, status);
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake(path));
    QTRY_VERIFY(client.received.startsWith("HTTP/1.1 " + status + "\r\n"));
    client.write(get("/after"));
    QTRY_COMPARE(client.answers(), 2);
    QVERIFY(!client.received.contains("HTTP/1.1 101"));
    QCOMPARE(fixture.counters().upgrades.value(), 0);
}

void TestWebSocketHandshake::aMalformedHandshakeIsRefused_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("status");
    const QByteArray good = handshake("/ws");
    const auto with = [&](const char *before, const char *after) {
        return QByteArray(good).replace(before, after);
    };
    QTest::newRow("version 8") << with("Version: 13", "Version: 8") << "426"_ba;
    QTest::newRow("no version") << with("Sec-WebSocket-Version", "X") << "426"_ba;
    QTest::newRow("no key") << with("Sec-WebSocket-Key", "X") << "400"_ba;
    QTest::newRow("short key") << with("dGhlIHNhbXBsZSBub25jZQ==", "dGhl") << "400"_ba;
    QTest::newRow("body") << handshake("/ws", "Content-Length: 1\r\n") + "x"
                          << "400"_ba;
    QTest::newRow("chunked") << handshake("/ws", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n"
                             << "400"_ba;
    QTest::newRow("no Connection: upgrade")
        << with("Connection: Upgrade", "Connection: xupgrade") << "426"_ba;
    QTest::newRow("no Upgrade") << with("Upgrade: websocket", "Upgrade: h2c") << "426"_ba;
    QTest::newRow("no Upgrade elsewhere")
        << handshake("/x").replace("Upgrade: websocket", "X: y") << "200"_ba;
    QTest::newRow("HTTP/1.0") << with("HTTP/1.1", "HTTP/1.0") << "400"_ba;
    QTest::newRow("two keys") << handshake("/ws", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                              << "400"_ba;
    QTest::newRow("POST") << with("GET", "POST") << "200"_ba;
}

void TestWebSocketHandshake::aMalformedHandshakeIsRefused()
{
    QFETCH(const QByteArray, request);
    QFETCH(const QByteArray, status);
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(request);
    QTRY_VERIFY(client.received.startsWith("HTTP/1.1 " + status));
    if (status == "426")
        QVERIFY(client.received.contains("\r\nSec-WebSocket-Version: 13\r\n"));
    QCOMPARE(fixture.counters().openWebSockets.value(), 0);
    QCOMPARE(fixture.upgrades.log.handlers, 0);
}

void TestWebSocketHandshake::framesInTheSegmentOfTheHandshakeAreRead()
{
    TransportFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake("/ws") + text("a") + text("b").first(3));
    QTRY_VERIFY(client.received.endsWith(echoOf("a")));
    client.write(text("b").sliced(3));
    QTRY_VERIFY(client.received.endsWith(echoOf("a") + echoOf("b")));
}

PRESENCE_EPOLL_TEST(TestWebSocketHandshake)

#include "tst_websockethandshake.moc"
