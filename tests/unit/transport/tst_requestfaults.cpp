// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/testregistry.h"
#include "tests/unit/transport/requesttext.h"

#include <QTest>

using namespace presence::transport;
using namespace presence::transport::test;

namespace {

void addRow(const char *name, const QByteArray &bytes, int status)
{
    QTest::newRow(name) << bytes << status;
}

void addLine(const char *requestLine, int status)
{
    addRow(requestLine, QByteArray(requestLine) + "\r\nHost: x\r\n\r\n", status);
}

void addTarget(const char *target, int status)
{
    addRow(target, QByteArray("GET ") + target + " HTTP/1.1\r\nHost: x\r\n\r\n", status);
}

void addPost(const char *fields, int status)
{
    addRow(fields, post(QByteArray(fields) + "\r\n"), status);
}

void addRequestLines()
{
    for (const char *method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
        addRow(method, QByteArray(method) + " / HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    addLine("TRACE / HTTP/1.1", 501);
    addLine("CONNECT x:80 HTTP/1.1", 501);
    addLine("PRI * HTTP/2.0", 505);
    addLine("get / HTTP/1.1", 501);
    addLine("G@T / HTTP/1.1", 400);
    addLine("GET /", 400);
    addLine("GET  / HTTP/1.1", 400);
    addLine("GET / HTTP/1.1 ", 400);
    addLine("GET /a b HTTP/1.1", 400);
    addLine("GET\t/\tHTTP/1.1", 400);
    addLine("GET / HTTP/1.2", 505);
    addLine("GET / HTTP/0.9", 505);
    addLine("GET / HTTP/3.0", 505);
    addLine("GET / HTTP/11", 400);
    addLine("GET / http/1.1", 400);
    addLine(" GET / HTTP/1.1", 400);
    addLine("OPTIONS * HTTP/1.1", 0);
    addLine("GET * HTTP/1.1", 400);
}

void addTargets()
{
    addTarget("/a%20b", 0);
    addTarget("http://x/a", 0);
    addTarget("http://x", 0);
    addTarget("http://user@x/a", 400);
    addTarget("http://user:secret@x/a", 400);
    addTarget("https://x?a", 400);
    addTarget("http:///a", 400);
    addTarget("a", 400);
    addTarget("//x/a", 0);
    addTarget("/a//b/", 0);
    addLine("DELETE /a/b/ HTTP/1.1", 0);
    addTarget("/a#b", 400);
    addTarget("/a%", 400);
    addTarget("/a%2", 400);
    addTarget("/a%zz", 400);
    addTarget("/%00", 400);
    addTarget("/%0d%0a", 400);
    addTarget("/%ff", 400);
    addTarget("/%C0%AF", 400);
    addTarget("/\xE2\x82\xAC", 400);
    addTarget("/a?%ff", 0);
}

void addLineEnds()
{
    addRow("empty line first", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"_ba, 0);
    addRow("four empty lines", "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"_ba, 0);
    addRow("five empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"_ba, 400);
    addRow("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"_ba, 0);
    addRow("HTTP/1.1 without Host", "GET / HTTP/1.1\r\n\r\n"_ba, 400);
    addRow("bare LF", "GET / HTTP/1.1\nHost: x\n\n"_ba, 400);
    addRow("bare LF after a field", "GET / HTTP/1.1\r\nHost: x\n\r\n"_ba, 400);
    addRow("bare CR", "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n"_ba, 400);
    addRow("NUL", "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"_ba, 400);
    addRow("control character", "GET / HTTP/1.1\r\nHost: x\r\nX: a\x01\r\n\r\n"_ba, 400);
    addRow("folded line", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"_ba, 400);
    addRow("folded first line", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"_ba, 400);
}

void addFields()
{
    addPost("Host: x", 400);
    addPost("X : y", 400);
    addPost("X", 400);
    addPost(": y", 400);
    addPost("X Y: z", 400);
    addPost("X: ", 0);
    addPost("X: \xE2\x82\xAC", 0);
    addPost("Origin: http://x\r\nOrigin: http://y", 400);
    addPost("Origin: http://x, http://y", 400);
    addPost("Origin: http://x http://y", 400);
    addPost("Origin: null", 0);
    addPost("Authorization: a\r\nAuthorization: b", 400);
    addPost("Content-Encoding: gzip", 415);
    addPost("Content-Encoding: identity", 0);
    addRow("Host with a slash", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"_ba, 400);
    addRow("Host with a user", "GET / HTTP/1.1\r\nHost: a@x\r\n\r\n"_ba, 400);
    addRow("two Hosts in one", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n"_ba, 400);
    addRow("IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:4001\r\n\r\n"_ba, 0);
}

void addFramings()
{
    addPost("Content-Length: 0", 0);
    addPost("Content-Length: +1", 400);
    addPost("Content-Length: -1", 400);
    addPost("Content-Length: 0x1", 400);
    addPost("Content-Length: 1, 1", 400);
    addPost("Content-Length: 1 1", 400);
    addPost("Content-Length:", 400);
    addPost("Content-Length: 0\r\nContent-Length: 0", 400);
    addPost("content-length: 0\r\nContent-Length: 1", 400);
    addPost("Content-Length: 18446744073709551615", 413);
    addPost("Content-Length: 99999999999999999999999", 413);
    addPost("Content-Length: 3\r\nTransfer-Encoding: chunked", 400);
    addPost("Transfer-Encoding: chunked\r\nContent-Length: 3", 400);
    addPost("Transfer-Encoding: gzip", 501);
    addPost("Transfer-Encoding: gzip, chunked", 501);
    addPost("Transfer-Encoding: chunked, chunked", 501);
    addPost("Transfer-Encoding: xchunked", 501);
    addPost("Transfer-Encoding:", 400);
    addPost("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400);
    addPost("Transfer-Encoding: ,chunked", 400);
    addPost("Transfer-Encoding: chunked,", 400);
    addRow("chunked in HTTP/1.0",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"_ba, 400);
    addPost("Expect: 100-continue", 0);
    addPost("Expect: 200-ok", 417);
}

void addChunks()
{
    addRow("chunks", chunked("1\r\na\r\n0\r\n\r\n"_ba), 0);
    addRow("chunk in capitals", chunked("A\r\n0123456789\r\n0\r\n\r\n"_ba), 0);
    addRow("no chunk size", chunked("\r\na\r\n0\r\n\r\n"_ba), 400);
    addRow("chunk size with prefix", chunked("0x1\r\na\r\n0\r\n\r\n"_ba), 400);
    addRow("chunk size with sign", chunked("-1\r\na\r\n0\r\n\r\n"_ba), 400);
    addRow("chunk size after a space", chunked(" 1\r\na\r\n0\r\n\r\n"_ba), 400);
    addRow("chunk size ended by LF", chunked("1\na\r\n0\r\n\r\n"_ba), 400);
    addRow("chunk longer than said", chunked("1\r\nab\r\n0\r\n\r\n"_ba), 400);
    addRow("chunk ended by LF", chunked("1\r\na\n0\r\n\r\n"_ba), 400);
    addRow("chunk not ended", chunked("1\r\naXX0\r\n\r\n"_ba), 400);
    addRow("LF in a chunk extension", chunked("1;a\nb\r\na\r\n0\r\n\r\n"_ba), 400);
    addRow("trailer", chunked("0\r\nX: y\r\n\r\n"_ba), 0);
    addRow("trailer without a colon", chunked("0\r\nX\r\n\r\n"_ba), 400);
    addRow("trailer without a name", chunked("0\r\n: y\r\n\r\n"_ba), 400);
    addRow("trailer that is folded", chunked("0\r\nX: y\r\n z\r\n\r\n"_ba), 400);
    addRow("trailer with a space before its colon", chunked("0\r\nX : y\r\n\r\n"_ba), 400);
    addRow("trailer that is a request", chunked("0\r\nGET / HTTP/1.1\r\n\r\n"_ba), 400);
    addRow("chunk of 2^64 bytes", chunked("10000000000000000\r\n"_ba), 413);
    addRow("chunk of 2^63 bytes", chunked("8000000000000000\r\n"_ba), 413);
    addRow("chunks not ended", chunked("1\r\na\r\n"_ba), -1);
    addRow("start of TLS", "\x16\x03\x01"_ba, 400);
    addRow("start of a frame", "\x81"_ba, 400);
    addRow("not whole", "GET / HTTP/1.1\r\nHost: x\r\n"_ba, -1);
}

} // namespace

/// What is taken, with status 0, and what is refused and how.
class TestRequestFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersWithTheRightStatus_data();
    void answersWithTheRightStatus();
    void answersTheSameByteByByte_data() { answersWithTheRightStatus_data(); }
    void answersTheSameByteByByte();
};

void TestRequestFaults::answersWithTheRightStatus_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("status");
    addRequestLines();
    addTargets();
    addLineEnds();
    addFields();
    addFramings();
    addChunks();
}

void TestRequestFaults::answersWithTheRightStatus()
{
    QFETCH(const QByteArray, bytes);
    RequestParser parser;
    parser.feed(bytes);
    QTEST(statusOf(parser), "status");
}

void TestRequestFaults::answersTheSameByteByByte()
{
    QFETCH(const QByteArray, bytes);
    RequestParser parser;
    for (const char byte : bytes)
        parser.feed(QByteArrayView(&byte, 1));
    QTEST(statusOf(parser), "status");
}

PRESENCE_TEST(TestRequestFaults)
#include "tst_requestfaults.moc"
