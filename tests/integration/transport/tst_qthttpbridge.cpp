// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/transport/transportfixture.h"

#include "server/http/qthttpbridge.h"

using namespace presence;
using namespace presence::http;
using namespace presence::transport;
using namespace presence::transport::test;

namespace {

using Answer = RequestHandler::Answer;

HttpResponse text(int status, const QByteArray &body)
{
    HttpResponse response{.status = status, .body = body};
    response.headers.add("Content-Type"_ba, "text/plain"_ba);
    return response;
}

/// A bridge with some routes, behind a server on a port of its own.
struct BridgeFixture
{
    BridgeFixture()
    {
        bridge.add(u"/now"_s,
                   [](const HttpRequest &request, const QByteArrayList &, const Answer &answer) {
                       answer(text(200, "now " + request.body));
                   });
        bridge.add(u"/later"_s,
                   [this](const HttpRequest &, const QByteArrayList &, const Answer &answer) {
                       waiting.push_back(answer);
                   });
        bridge.add(u"/request"_s,
                   [](const HttpRequest &request, const QByteArrayList &, const Answer &answer) {
                       HttpResponse response
                           = text(429,
                                  request.target + ' ' + request.headers.value("Authorization")
                                      + ' ' + request.peer.toString().toLatin1());
                       response.headers.add("Retry-After"_ba, "7"_ba);
                       answer(response);
                   });
        bridge.add(u"/users/<arg>"_s,
                   [](const HttpRequest &, const QByteArrayList &arguments, const Answer &answer) {
                       answer(problem(404, QString::fromUtf8("users|" + arguments.join('|'))));
                   });
        bridge.add(u"/users/<arg>/devices"_s,
                   [](const HttpRequest &, const QByteArrayList &arguments, const Answer &answer) {
                       answer(text(200, "devices of " + arguments.join('|')));
                   });
        bridge.setMissing([](const HttpRequest &, const QByteArrayList &, const Answer &answer) {
            answer(problem(404, u"no such resource"_s));
        });
        port = server.listen(QHostAddress(QHostAddress::LocalHost), 0).value_or(0);
    }

    void answerLatest(const QByteArray &body)
    {
        waiting.back()(text(200, body));
        waiting.pop_back();
    }

    TestUpgrades upgrades;
    eventloop::DeadlineWheel wheel{5ms};
    QtHttpBridge bridge;
    limits::Limiter limiter{{.addressUnauthenticated = {}}};
    TransportServer server{{}, bridge, upgrades, wheel, limiter};
    std::vector<Answer> waiting;
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
    void aRouteSeesTheRequestThatWasChecked();
    void anUnknownPathIsNotFound_data();
    void anUnknownPathIsNotFound();
    void eachPathFindsItsRoute();
    void anUpgradeIsNeverSeenByIt();
    void pipelinedRequestsAreAnsweredInTheirOrder();
    void aLateAnswerFindsItsRequest();
    void aLateAnswerToAClientThatWentAwayDoesNothing();
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
    client.write(get("/users/a%20b%2Fstatus"));
    QTRY_COMPARE(client.answers(), 1);
    QVERIFY(client.received.contains("Content-Type: application/problem+json\r\n"));
    QVERIFY(bodyOf(client).contains("\"detail\":\"users|a b/status\""));
}

void TestQtHttpBridge::aRouteSeesTheRequestThatWasChecked()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(get("/request?a=%41", "Authorization: Bearer x\r\nConnection: close\r\n"));
    QTRY_VERIFY(client.hasEnded());
    QVERIFY(client.received.startsWith("HTTP/1.1 429 Too Many Requests\r\n"));
    QVERIFY(client.received.contains("Retry-After: 7\r\n"));
    QCOMPARE(bodyOf(client), "/request?a=%41 Bearer x 127.0.0.1");
}

void TestQtHttpBridge::anUnknownPathIsNotFound_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("word") << "GET /unknown"_ba;
    QTest::newRow("root") << "GET /"_ba;
    QTest::newRow("none") << "OPTIONS *"_ba;
    QTest::newRow("too short") << "GET /users"_ba;
    QTest::newRow("too long") << "GET /users/a/devices/b"_ba;
    QTest::newRow("in another order") << "GET /devices/a/users"_ba;
    QTest::newRow("empty argument") << "DELETE /users//devices"_ba;
    QTest::newRow("empty end") << "DELETE /users/a/"_ba;
    QTest::newRow("empty beginning") << "DELETE //x/users/a/devices"_ba;
    QTest::newRow("two empty ones") << "DELETE ///users/a/devices"_ba;
    QTest::newRow("two in one segment") << "GET /users%2Fa"_ba;
}

/// And the next request is answered.
void TestQtHttpBridge::anUnknownPathIsNotFound()
{
    QFETCH(QByteArray, line);
    BridgeFixture fixture;
    RawClient client(fixture.port);
    client.write(line + " HTTP/1.1\r\nHost: x\r\n\r\n" + get("/now"));
    QTRY_COMPARE(client.answers(), 2);
    QVERIFY(client.received.startsWith("HTTP/1.1 404 "));
    QVERIFY(client.received.endsWith("now "));
}

/// Also when one of the same form was there before, and where an argument is a word of routes.
void TestQtHttpBridge::eachPathFindsItsRoute()
{
    BridgeFixture fixture;
    for (const auto &name : {"a"_ba, "b"_ba, "users"_ba, "devices"_ba, "*"_ba, "b"_ba}) {
        RawClient client(fixture.port);
        client.write(get("/users/" + name + "/devices") + get("/%75sers/" + name));
        QTRY_COMPARE(client.answers(), 2);
        QVERIFY(client.received.contains("devices of " + name + "HTTP/1.1 404 "));
        QVERIFY(client.received.contains("\"users|" + name + '"'));
    }
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

void TestQtHttpBridge::pipelinedRequestsAreAnsweredInTheirOrder()
{
    BridgeFixture fixture;
    RawClient client(fixture.port);
    QByteArray expected;
    for (int i = 0; i < 1000; ++i) {
        client.write(get("/users/" + QByteArray::number(i)));
        expected += "users|" + QByteArray::number(i) + ' ';
    }
    QTRY_COMPARE(client.answers(), 1000);
    QByteArray order;
    for (qsizetype at = client.received.indexOf("\"detail\":\""); at >= 0;
         at = client.received.indexOf("\"detail\":\"", at + 1))
        order += client.received.mid(at + 10).split('"').first() + ' ';
    QCOMPARE(order, expected);
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
    QTRY_COMPARE(fixture.server.connectionCount(), 0);
    RawClient client(fixture.port);
    client.write(get("/now"));
    QTRY_COMPARE(bodyOf(client), "now ");
}

PRESENCE_EPOLL_TEST(TestQtHttpBridge)

#include "tst_qthttpbridge.moc"
