// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/httpmessage.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace presence::transport;
using namespace Qt::StringLiterals;

static QByteArray headOf(const QByteArray &bytes)
{
    return bytes.first(bytes.indexOf("\r\n\r\n") + 2);
}

class TestHttpMessage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void headersAreFoundWhateverTheirCase();
    void listedValuesAreSplitAtCommasOverAllFields();
    void aPathIsDecodedButItsEncodedSlashIsNot();
    void aQueryIsReadByName();
    void aResponseHasLengthDateAndConnection();
    void headKeepsTheLengthAndLeavesTheBodyOut();
    void noContentHasNeitherBodyNorLength();
    void aHandlerCannotSetTheFraming();
    void aHeaderCannotBreakTheLine();
    void aProblemSaysWhatRfc9457Says();
};

void TestHttpMessage::headersAreFoundWhateverTheirCase()
{
    HttpHeaders headers;
    headers.add("Content-Type"_ba, "a"_ba);
    headers.add("content-type"_ba, "b"_ba);
    QVERIFY(headers.has("CONTENT-TYPE"));
    QVERIFY(!headers.has("Content-Typ"));
    QCOMPARE(headers.value("content-TYPE"), "a");
    QVERIFY(headers.value("Missing").isNull());
}

void TestHttpMessage::listedValuesAreSplitAtCommasOverAllFields()
{
    HttpHeaders headers;
    headers.add("Connection"_ba, "keep-alive, Upgrade"_ba);
    headers.add("connection"_ba, ",x,"_ba);
    QCOMPARE(headers.listed("Connection"), (QList<QByteArray>{"keep-alive", "Upgrade", "x"}));
    QVERIFY(headers.hasToken("Connection", "upgrade"));
    QVERIFY(!headers.hasToken("Connection", "upgrad"));
}

void TestHttpMessage::aPathIsDecodedButItsEncodedSlashIsNot()
{
    HttpRequest request;
    request.target = "/a%20b/%E2%82%AC%2Fc%2fd%2525?x=/y"_ba;
    QCOMPARE(request.path(), "/a b/€%2Fc%2fd%25");
    QCOMPARE(request.segments(), (QByteArrayList{"a b", "€/c/d%25"}));
    request.target = "//a/?x=/y"_ba;
    QCOMPARE(request.path(), "//a/");
    QCOMPARE(request.segments(), (QByteArrayList{"", "a", ""}));
    request.target = "*"_ba;
    QCOMPARE(request.segments(), QByteArrayList());
}

void TestHttpMessage::aQueryIsReadByName()
{
    HttpRequest request;
    request.target = "/a?vsn=2.0.0&token=a%26b"_ba;
    QCOMPARE(request.query().queryItemValue(u"vsn"_s), u"2.0.0"_s);
    QCOMPARE(request.query().queryItemValue(u"token"_s, QUrl::FullyDecoded), u"a&b"_s);
    request.target = "/a"_ba;
    QVERIFY(request.query().isEmpty());
}

void TestHttpMessage::aResponseHasLengthDateAndConnection()
{
    const QByteArray bytes = serialize({200, {}, "hello"_ba}, {.keepAlive = false});
    QVERIFY(bytes.startsWith("HTTP/1.1 200 OK\r\n"));
    QVERIFY(bytes.endsWith("\r\n\r\nhello"));
    const QByteArray head = headOf(bytes);
    QVERIFY(head.contains("\r\nContent-Length: 5\r\n"));
    QVERIFY(head.contains("\r\nConnection: close\r\n"));
    QVERIFY(head.contains("\r\nDate: "));
    QVERIFY(head.contains(" GMT\r\n"));
}

void TestHttpMessage::headKeepsTheLengthAndLeavesTheBodyOut()
{
    const QByteArray bytes = serialize({200, {}, "hello"_ba}, {.isHead = true});
    QVERIFY(bytes.endsWith("\r\n\r\n"));
    QVERIFY(bytes.contains("\r\nContent-Length: 5\r\n"));
}

void TestHttpMessage::noContentHasNeitherBodyNorLength()
{
    for (const int status : {204, 304, 100}) {
        const QByteArray bytes = serialize({status, {}, "hello"_ba}, {});
        QVERIFY(bytes.endsWith("\r\n\r\n"));
        QVERIFY(!bytes.contains("Content-Length"));
    }
}

void TestHttpMessage::aHandlerCannotSetTheFraming()
{
    HttpResponse response{200, {}, "hello"_ba};
    for (const QByteArray &name :
         {"content-length"_ba, "Transfer-Encoding"_ba, "Connection"_ba, "Date"_ba})
        response.headers.add(name, "evil"_ba);
    QVERIFY(!serialize(response, {}).contains("evil"));
}

void TestHttpMessage::aHeaderCannotBreakTheLine()
{
    HttpResponse response;
    response.headers.add("X"_ba, "a\r\nSet-Cookie: evil"_ba);
    response.headers.add("Y\n"_ba, "evil"_ba);
    response.headers.add("Z"_ba, "good"_ba);
    const QByteArray bytes = serialize(response, {});
    QVERIFY(!bytes.contains("evil"));
    QVERIFY(bytes.contains("\r\nZ: good\r\n"));
}

void TestHttpMessage::aProblemSaysWhatRfc9457Says()
{
    const HttpResponse response = problem(404, u"No such user."_s);
    QCOMPARE(response.status, 404);
    QCOMPARE(response.headers.value("Content-Type"), "application/problem+json");
    const QJsonObject json = QJsonDocument::fromJson(response.body).object();
    QCOMPARE(json[u"type"].toString(), u"about:blank"_s);
    QCOMPARE(json[u"title"].toString(), u"Not Found"_s);
    QCOMPARE(json[u"status"].toInt(), 404);
    QCOMPARE(json[u"detail"].toString(), u"No such user."_s);
}

PRESENCE_TEST(TestHttpMessage)
#include "tst_httpmessage.moc"
