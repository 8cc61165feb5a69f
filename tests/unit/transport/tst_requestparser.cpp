// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/unit/transport/requesttext.h"

#include "shared/protocol/limits.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::transport;
using namespace presence::transport::test;

class TestRequestParser : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsARequest();
    void stopsAtTheEndOfARequest();
    void readsAChunkedBody();
    void keepAliveFollowsVersionAndConnection_data();
    void keepAliveFollowsVersionAndConnection();
    void anExpectationIsTakenOnceAndOnlyWhileTheBodyIsAway();
    void anEndlessHeadIsRefusedAtTheLimit_data();
    void anEndlessHeadIsRefusedAtTheLimit();
    void aLargeBodyIsRefusedAtItsAnnouncement();
    void aChunkedBodyIsRefusedAtTheLimit();
    void manySmallChunksAreTaken();
    void endlessTrailersAreRefused();
};

void TestRequestParser::readsARequest()
{
    RequestParser parser;
    QVERIFY(parser.isIdle());
    const QByteArray bytes
        = "POST /a?b=c HTTP/1.1\r\nHost: x:80\r\nX-Y:  z \t\r\nContent-Length: 3\r\n\r\nabc"_ba;
    parser.feed(bytes.first(10));
    QVERIFY(!parser.isIdle());
    parser.feed(bytes.sliced(10));
    QCOMPARE(statusOf(parser), 0);
    const HttpRequest request = parser.take();
    QCOMPARE(request.method, "POST");
    QCOMPARE(request.target, "/a?b=c");
    QCOMPARE(request.headers.value("x-y"), "z");
    QCOMPARE(request.body, "abc");
    QVERIFY(parser.isIdle());
}

void TestRequestParser::stopsAtTheEndOfARequest()
{
    const QByteArray first = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"_ba;
    const QByteArray second = chunked("1\r\na\r\n0\r\n\r\n"_ba);
    const QByteArray third = post("Content-Length: 2\r\n"_ba, "ab"_ba);
    QByteArray rest = first + second + third + "GET";
    RequestParser parser;
    for (const QByteArray &part : {first, second, third}) {
        QCOMPARE(parser.feed(rest), part.size());
        QCOMPARE(statusOf(parser), 0);
        parser.take();
        rest = rest.sliced(part.size());
    }
    QCOMPARE(rest, "GET");
}

void TestRequestParser::readsAChunkedBody()
{
    RequestParser parser;
    parser.feed(chunked("4;name=value\r\nWiki\r\nA\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n"_ba));
    QCOMPARE(statusOf(parser), 0);
    QCOMPARE(parser.take().body, "Wiki0123456789");
}

void TestRequestParser::keepAliveFollowsVersionAndConnection_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("keepAlive");
    QTest::newRow("1.1") << "GET / HTTP/1.1\r\nHost: x\r\n\r\n"_ba << true;
    QTest::newRow("1.1 close") << "GET / HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n"_ba
                               << false;
    QTest::newRow("1.0") << "GET / HTTP/1.0\r\n\r\n"_ba << false;
    QTest::newRow("1.0 keep") << "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"_ba << true;
}

void TestRequestParser::keepAliveFollowsVersionAndConnection()
{
    QFETCH(const QByteArray, bytes);
    RequestParser parser;
    parser.feed(bytes);
    QTEST(parser.take().keepAlive, "keepAlive");
}

void TestRequestParser::anExpectationIsTakenOnceAndOnlyWhileTheBodyIsAway()
{
    const QByteArray head = post("Expect: 100-Continue\r\nContent-Length: 2\r\n"_ba);
    RequestParser parser;
    parser.feed(head);
    QVERIFY(parser.takeExpectation());
    QVERIFY(!parser.takeExpectation());

    RequestParser eager;
    eager.feed(head + "ab");
    QVERIFY(!eager.takeExpectation());
    QCOMPARE(statusOf(eager), 0);
}

void TestRequestParser::anEndlessHeadIsRefusedAtTheLimit_data()
{
    QTest::addColumn<QByteArray>("start");
    QTest::addColumn<QByteArray>("repeated");
    QTest::addColumn<int>("status");
    QTest::newRow("target") << "GET /"_ba
                            << "a"_ba << 414;
    QTest::newRow("field") << "GET / HTTP/1.1\r\nX: "_ba
                           << "a"_ba << 431;
    QTest::newRow("fields") << "GET / HTTP/1.1\r\n"_ba
                            << "X: yyyyyyyyyyyyyyyyyy\r\n"_ba << 431;
}

void TestRequestParser::anEndlessHeadIsRefusedAtTheLimit()
{
    QFETCH(const QByteArray, start);
    QFETCH(const QByteArray, repeated);
    RequestParser parser;
    qsizetype taken = parser.feed(start);
    for (int i = 0; i < 100'000 && parser.state() == State::NeedMore; ++i)
        taken += parser.feed(repeated);
    QTEST(statusOf(parser), "status");
    QVERIFY(taken <= limits::kMaxRequestHead);
}

void TestRequestParser::aLargeBodyIsRefusedAtItsAnnouncement()
{
    const auto announce = [](qsizetype size) {
        RequestParser parser;
        parser.feed(post("Content-Length: " + QByteArray::number(size) + "\r\n"));
        return statusOf(parser);
    };
    QCOMPARE(announce(limits::kMaxRequestBody), -1);
    QCOMPARE(announce(limits::kMaxRequestBody + 1), 413);
}

void TestRequestParser::aChunkedBodyIsRefusedAtTheLimit()
{
    RequestParser parser;
    parser.feed(chunked({}));
    const QByteArray chunk = "8000\r\n" + QByteArray(0x8000, 'x') + "\r\n";
    for (qsizetype sent = 0; sent < limits::kMaxRequestBody; sent += 0x8000)
        parser.feed(chunk);
    QCOMPARE(statusOf(parser), -1);
    parser.feed("1\r\nx"_ba);
    QCOMPARE(statusOf(parser), 413);
}

void TestRequestParser::manySmallChunksAreTaken()
{
    RequestParser parser;
    parser.feed(chunked(QByteArray("1\r\nx\r\n").repeated(100'000) + "0\r\n\r\n"));
    QCOMPARE(statusOf(parser), 0);
    QCOMPARE(parser.take().body.size(), 100'000);
}

void TestRequestParser::endlessTrailersAreRefused()
{
    RequestParser parser;
    parser.feed(chunked("0\r\n" + QByteArray("X: y\r\n").repeated(10'000)));
    QCOMPARE(statusOf(parser), 400);
}

PRESENCE_TEST(TestRequestParser)
#include "tst_requestparser.moc"
