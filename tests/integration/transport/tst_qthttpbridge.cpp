// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/transportfixture.h"

#include "server/http/qthttpbridge.h"

#include <QHttpServerResponse>

using namespace presence;
using namespace presence::http;
using namespace presence::transport;
using namespace presence::transport::test;

namespace {

/// A bridge with some routes, behind a server on a port of its own.
struct BridgeFixture
{
    explicit BridgeFixture(const QtHttpBridge::Config &config = {}) : bridge(wheel, config)
    {
        QHttpServer &routes = bridge.server();
        routes.route(u"/now"_s, [](const QHttpServerRequest &request) {
            return QHttpServerResponse("text/plain"_ba, "now " + request.body());
        });
        routes.route(u"/later"_s,
                     [this](const QHttpServerRequest &, QHttpServerResponder &&responder) {
                         waiting.push_back(std::move(responder));
                     });
        routes.route(
            u"/headers"_s, [](const QHttpServerRequest &request, QHttpServerResponder &&to) {
                QByteArray names;
                const auto headers = request.headers();
                for (const auto &[name, value] : headers)
                    names += name.toLower() + '=' + value + ';';
                answer(std::move(to), 429, names, "text/plain"_ba, {{"Retry-After"_ba, "7"_ba}});
            });
        routes.route(u"/peer"_s, [](const QHttpServerRequest &request, QHttpServerResponder &&to) {
            answer(std::move(to), 200, QtHttpBridge::peerOf(request).toString().toUtf8());
        });
        routes.route(u"/users/<arg>"_s, [](const QString &id, QHttpServerResponder &&to) {
            answer(std::move(to), problem(404, id));
        });
        routes.route(u"/gone"_s, QHttpServerRequest::Method::Delete,
                     [](QHttpServerResponder &&to) { answer(std::move(to), 204); });
        port = server.listen(QHostAddress(QHostAddress::LocalHost), 0).value_or(0);
    }

    void answerLatest(const QByteArray &body)
    {
        answer(std::move(waiting.back()), 200, body, "text/plain"_ba);
        waiting.pop_back();
    }

    TestUpgrades upgrades;
    eventloop::DeadlineWheel wheel{5ms};
    QtHttpBridge bridge;
    TransportServer server{{}, bridge, upgrades, wheel};
    std::vector<QHttpServerResponder> waiting;
    quint16 port = 0;
};

QByteArray bodyOf(const RawClient &client)
{
    return client.received.mid(client.received.lastIndexOf("\r\n\r\n") + 4);
}

} // namespace

class TestQtHttpBridge : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRouteAnswers();
    void aRouteGetsItsArguments();
    void headersAndStatusComeThroughAndTheFramingDoesNot();
    void theClientCannotForgeItsAddress();
    void anAnswerWithoutBodyIsWhole();
    void anUnknownPathIsNotFound();
    void anUpgradeIsNeverSeenByIt();
    void pipelinedRequestsShareOneSocket();
    void aLateAnswerFindsItsRequest();
    void aLateAnswerToAClientThatWentAwayDoesNothing();
    void aRouteThatNeverAnswersKeepsItsSocket();
    void tooManyRequestsInWorkAreSentAway();
};

void TestQtHttpBridge::aRouteAnswers()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(
        "POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    QTRY_COMPARE(client.answers(), 1);
    QVERIFY(client.received.startsWith("HTTP/1.1 200 OK\r\n"));
    QVERIFY(client.received.contains("Content-Type: text/plain\r\n"));
    QCOMPARE(client.received.count("Content-Length:"), 1);
    QCOMPARE(bodyOf(client), "now abc");
}

void TestQtHttpBridge::aRouteGetsItsArguments()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/users/a%20b"));
    QTRY_COMPARE(client.answers(), 1);
    QVERIFY(client.received.contains("Content-Type: application/problem+json\r\n"));
    QVERIFY(bodyOf(client).contains("\"detail\":\"a b\""));
}

void TestQtHttpBridge::headersAndStatusComeThroughAndTheFramingDoesNot()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(
        get("/headers", "Authorization: Bearer x\r\nConnection: close\r\nUpgrade: h2c\r\n"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 429 Too Many Requests\r\n"));
    QVERIFY(client.received.contains("Retry-After: 7\r\n"));
    QVERIFY(bodyOf(client).contains("authorization=Bearer x;"));
    QVERIFY(!bodyOf(client).contains("connection="));
    QVERIFY(!bodyOf(client).contains("upgrade="));
}

void TestQtHttpBridge::theClientCannotForgeItsAddress()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/peer", "presence-peer: 8.8.8.8\r\n"));
    QTRY_COMPARE(client.answers(), 1);
    QCOMPARE(bodyOf(client), "127.0.0.1");
}

void TestQtHttpBridge::anAnswerWithoutBodyIsWhole()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write("DELETE /gone HTTP/1.1\r\nHost: x\r\n\r\n" + get("/now"));
    QTRY_COMPARE(client.answers(), 2);
    QVERIFY(client.received.startsWith("HTTP/1.1 204 No Content\r\n"));
    QCOMPARE(bodyOf(client), "now ");
}

void TestQtHttpBridge::anUnknownPathIsNotFound()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/unknown"));
    QTRY_VERIFY(client.received.startsWith("HTTP/1.1 404 "));
}

void TestQtHttpBridge::anUpgradeIsNeverSeenByIt()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(handshake("/now"));
    QTRY_VERIFY(client.received.startsWith("HTTP/1.1 404 "));
    RawClient odd(fixture.port);
    odd.write(handshake("/now").replace("GET", "POST"));
    QTRY_VERIFY(odd.received.startsWith("HTTP/1.1 200 "));
    QCOMPARE(odd.answers(), 1);
}

void TestQtHttpBridge::pipelinedRequestsShareOneSocket()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/now").repeated(1000));
    QTRY_COMPARE(client.answers(), 1000);
    QCOMPARE(fixture.bridge.laneCount(), 1);
}

void TestQtHttpBridge::aLateAnswerFindsItsRequest()
{
    BridgeFixture fixture;
    RawClient first(fixture.port);
    first.write(get("/later") + get("/now"));
    QTRY_COMPARE(fixture.waiting.size(), 1);
    RawClient second(fixture.port);
    second.write(get("/later"));
    QTRY_COMPARE(fixture.waiting.size(), 2);
    fixture.answerLatest("second"_ba);
    QTRY_COMPARE(bodyOf(second), "second");
    QVERIFY(first.received.isEmpty());
    fixture.answerLatest("first"_ba);
    QTRY_COMPARE(first.answers(), 2);
    QVERIFY(first.received.contains("\r\n\r\nfirstHTTP/1.1 200 OK"));
    QTRY_COMPARE(fixture.bridge.idleLaneCount(), fixture.bridge.laneCount());
}

void TestQtHttpBridge::aLateAnswerToAClientThatWentAwayDoesNothing()
{
    BridgeFixture fixture;
    {
        RawClient client(fixture.port);
        client.write(get("/later"));
        QTRY_COMPARE(fixture.waiting.size(), 1);
    }
    fixture.answerLatest("nobody there"_ba);
    QTRY_COMPARE(fixture.bridge.idleLaneCount(), 1);
    QTRY_COMPARE(fixture.server.connectionCount(), 0);
    RawClient client(fixture.port);
    client.write(get("/now"));
    QTRY_COMPARE(bodyOf(client), "now ");
    QCOMPARE(fixture.bridge.laneCount(), 1);
}

void TestQtHttpBridge::aRouteThatNeverAnswersKeepsItsSocket()
{
    BridgeFixture fixture({.answerDeadline = 30ms});
    RawClient client(fixture.port);
    client.write(get("/later"));
    QTRY_COMPARE(client.answers(), 1);
    QVERIFY(client.received.startsWith("HTTP/1.1 504 "));
    client.write(get("/now"));
    QTRY_COMPARE(bodyOf(client), "now ");
    QCOMPARE(fixture.bridge.laneCount(), 2);
    fixture.answerLatest("too late"_ba);
    QTRY_COMPARE(fixture.bridge.idleLaneCount(), 2);
    QVERIFY(!client.received.contains("too late"));
    client.write(get("/now") + get("/now"));
    QTRY_COMPARE(client.answers(), 4);
}

void TestQtHttpBridge::tooManyRequestsInWorkAreSentAway()
{
    BridgeFixture fixture({.maxConcurrent = 1});
    RawClient first(fixture.port);
    first.write(get("/later"));
    QTRY_COMPARE(fixture.waiting.size(), 1);
    RawClient second(fixture.port);
    second.write(get("/now"));
    QTRY_VERIFY(second.received.startsWith("HTTP/1.1 503 "));
    QVERIFY(second.received.contains("Retry-After: 1\r\n"));
    fixture.answerLatest("first"_ba);
    QTRY_COMPARE(bodyOf(first), "first");
}

int main(int argc, char **argv)
{
    return runOnEpoll<TestQtHttpBridge>(argc, argv);
}

#include "tst_qthttpbridge.moc"
