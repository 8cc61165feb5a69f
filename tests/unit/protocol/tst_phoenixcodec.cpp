// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/disconnect.h"
#include "shared/protocol/phoenixcodec.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::protocol;
using namespace Qt::StringLiterals;

class TestPhoenixCodec : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void decodesV2();
    void decodesV1();
    void keepsARefAsTheClientWroteIt();
    void refusesWhatIsNotAMessage_data();
    void refusesWhatIsNotAMessage();
    void encodesReplies();
    void encodesPushes();
    void escapesATopic();
    void aPayloadMayHaveManyMembers();
    void decodesTheHeadOfABinaryPush();
    void refusesABinaryPushThatIsCutShort();
    void answersAHeartbeatAsItAnswersWhatItParses_data();
    void answersAHeartbeatAsItAnswersWhatItParses();
    void closeCodesLieInTheRangeOfTheirAdvice();
};

void TestPhoenixCodec::decodesV2()
{
    const auto message
        = decodeText(Vsn::V2, R"(["1","2","presence:42","phx_join",{"device_id":"web:1"}])");
    QVERIFY(message);
    QCOMPARE(message->joinRef, R"("1")"_ba);
    QCOMPARE(message->ref, R"("2")"_ba);
    QCOMPARE(message->topic, "presence:42"_ba);
    QCOMPARE(message->event, "phx_join"_ba);
    QCOMPARE(message->payload["device_id"].bytes(), "web:1"_ba);
}

void TestPhoenixCodec::answersAHeartbeatAsItAnswersWhatItParses_data()
{
    QTest::addColumn<Vsn>("vsn");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isParsed");
    const auto row = [](const char *name, QByteArray text, bool isParsed, Vsn vsn = Vsn::V2) {
        QTest::newRow(name) << vsn << text << isParsed;
    };
    row("regular", "[null,\"12\",\"phoenix\",\"heartbeat\",{}]", false);
    row("long ref", "[null,\"12345678901234567890\",\"phoenix\",\"heartbeat\",{}]", false);
    row("longer ref", "[null,\"123456789012345678901\",\"phoenix\",\"heartbeat\",{}]", true);
    row("no ref", "[null,\"\",\"phoenix\",\"heartbeat\",{}]", true);
    row("other ref", "[null,\"a\",\"phoenix\",\"heartbeat\",{}]", true);
    row("escaped", "[null,\"\\u0031\",\"phoenix\",\"heartbeat\",{}]", true);
    row("two refs", "[null,\"1\",\"2\",\"phoenix\",\"heartbeat\",{}]", true);
    row("number", "[null,1,\"phoenix\",\"heartbeat\",{}]", true);
    row("join ref", "[\"1\",\"2\",\"phoenix\",\"heartbeat\",{}]", true);
    row("space", "[null, \"1\",\"phoenix\",\"heartbeat\",{}]", true);
    row("payload", "[null,\"1\",\"phoenix\",\"heartbeat\",{\"a\":1}]", true);
    row("topic", "[null,\"1\",\"user:42\",\"heartbeat\",{}]", true);
    row("shorter than its ends", "[null,\"phoenix\",\"heartbeat\",{}]", true);
    row("empty", "", true);
    row("V1", "[null,\"12\",\"phoenix\",\"heartbeat\",{}]", true, Vsn::V1);
}

void TestPhoenixCodec::answersAHeartbeatAsItAnswersWhatItParses()
{
    QFETCH(Vsn, vsn);
    QFETCH(QByteArray, text);
    QFETCH(bool, isParsed);
    const QByteArray answer = answerHeartbeat(vsn, text);
    QCOMPARE(answer.isEmpty(), isParsed);
    if (isParsed)
        return;
    const auto message = decodeText(vsn, text);
    QVERIFY(message);
    QCOMPARE(message->event, "heartbeat"_ba);
    QCOMPARE(
        answer,
        encodeReply(vsn, message->joinRef, message->ref, message->topic, ReplyStatus::Ok, "{}"));
}

void TestPhoenixCodec::decodesV1()
{
    const auto message
        = decodeText(Vsn::V1, R"({"topic":"phoenix","event":"heartbeat","payload":{},"ref":"9"})");
    QVERIFY(message);
    QVERIFY(message->joinRef.isEmpty());
    QCOMPARE(message->ref, R"("9")"_ba);
    QCOMPARE(message->topic, "phoenix"_ba);
}

void TestPhoenixCodec::keepsARefAsTheClientWroteIt()
{
    const auto number = decodeText(Vsn::V2, R"([null,7,"t","e",{}])");
    QVERIFY(number);
    QVERIFY(number->joinRef.isEmpty());
    QCOMPARE(encodeReply(Vsn::V2, number->joinRef, number->ref, "t", ReplyStatus::Ok, "{}"),
             R"([null,7,"t","phx_reply",{"status":"ok","response":{}}])"_ba);
}

void TestPhoenixCodec::refusesWhatIsNotAMessage_data()
{
    QTest::addColumn<Vsn>("vsn");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << Vsn::V2 << ""_ba;
    QTest::newRow("not JSON") << Vsn::V2 << "[1,2"_ba;
    QTest::newRow("V2 object") << Vsn::V2 << "{}"_ba;
    QTest::newRow("four elements") << Vsn::V2 << R"(["1","2","t","e"])"_ba;
    QTest::newRow("topic a number") << Vsn::V2 << R"(["1","2",3,"e",{}])"_ba;
    QTest::newRow("event null") << Vsn::V2 << R"(["1","2","t",null,{}])"_ba;
    QTest::newRow("payload a list") << Vsn::V2 << R"(["1","2","t","e",[]])"_ba;
    QTest::newRow("ref an object") << Vsn::V2 << R"(["1",{},"t","e",{}])"_ba;
    QTest::newRow("ref too long") << Vsn::V2
                                  << R"(["1",")"_ba + QByteArray(100, 'x') + R"(","t","e",{}])"_ba;
    QTest::newRow("event too long")
        << Vsn::V2 << R"(["1","2","t",")"_ba + QByteArray(200, 'x') + R"(",{}])"_ba;
    QTest::newRow("V1 array") << Vsn::V1 << R"(["1","2","t","e",{}])"_ba;
    QTest::newRow("V1 without a topic") << Vsn::V1 << R"({"event":"e","payload":{},"ref":"1"})"_ba;
    QTest::newRow("nested too deep") << Vsn::V2 << QByteArray(5000, '[');
}

void TestPhoenixCodec::refusesWhatIsNotAMessage()
{
    QFETCH(Vsn, vsn);
    QFETCH(QByteArray, text);
    const auto message = decodeText(vsn, text);
    QVERIFY(!message);
    QCOMPARE(message.error().code, ErrorCode::Malformed);
}

void TestPhoenixCodec::encodesReplies()
{
    QCOMPARE(
        encodeReply(Vsn::V2, R"("1")", R"("2")", "t", ReplyStatus::Error,
                    R"({"reason":"unauthorized"})"),
        R"(["1","2","t","phx_reply",{"status":"error","response":{"reason":"unauthorized"}}])"_ba);
    QCOMPARE(
        encodeReply(Vsn::V1, {}, R"("2")", "t", ReplyStatus::Ok, "{}"),
        R"({"topic":"t","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"2"})"_ba);
}

void TestPhoenixCodec::encodesPushes()
{
    QCOMPARE(encodePush(Vsn::V2, {}, {}, "workspace:acme", "presence_diff", R"({"joins":{}})"),
             R"([null,null,"workspace:acme","presence_diff",{"joins":{}}])"_ba);
    QCOMPARE(encodePush(Vsn::V1, R"("1")", {}, "t", "e", "{}"),
             R"({"topic":"t","event":"e","payload":{},"ref":null})"_ba);
}

void TestPhoenixCodec::aPayloadMayHaveManyMembers()
{
    QByteArray members;
    for (int i = 5000; i > 0; --i)
        members += "\"k" + QByteArray::number(i) + "\":" + QByteArray::number(i) + ',';
    const auto message
        = decodeText(Vsn::V2, "[null,null,\"t\",\"e\",{" + members + "\"k7\":\"last\"}]");
    QVERIFY(message);
    QCOMPARE(message->payload.size(), 5001U);
    QCOMPARE(message->payload["k7"].bytes(), "last"_ba);
    QCOMPARE(message->payload["k4999"].toWhole(), std::optional<qint64>(4999));
}

void TestPhoenixCodec::escapesATopic()
{
    const QByteArray text = encodePush(Vsn::V2, {}, {}, "a\"b\\\xc3\xa9\n", "e", "{}");
    const auto back = decodeText(Vsn::V2, text);
    QVERIFY(back);
    QCOMPARE(back->topic, "a\"b\\\xc3\xa9\n"_ba);
}

static QByteArray binaryPush()
{
    return QByteArray("\0\1\2\3\4"
                      "1"
                      "22"
                      "top"
                      "even"
                      "payload",
                      5 + 1 + 2 + 3 + 4 + 7);
}

void TestPhoenixCodec::decodesTheHeadOfABinaryPush()
{
    const QByteArray bytes = binaryPush();
    const auto message = decodeBinary(bytes);
    QVERIFY(message);
    QVERIFY(message->isBinary);
    QCOMPARE(message->joinRef, R"("1")"_ba);
    QCOMPARE(message->ref, R"("22")"_ba);
    QCOMPARE(message->topic, "top"_ba);
    QCOMPARE(message->event, "even"_ba);
}

void TestPhoenixCodec::refusesABinaryPushThatIsCutShort()
{
    constexpr qsizetype kHead = 5 + 1 + 2 + 3 + 4;
    for (qsizetype size = 0; size < kHead; ++size)
        QVERIFY(!decodeBinary(binaryPush().first(size)));
    QVERIFY(decodeBinary(binaryPush().first(kHead)));
    QVERIFY(!decodeBinary("\1" + binaryPush().sliced(1)));
}

void TestPhoenixCodec::closeCodesLieInTheRangeOfTheirAdvice()
{
    for (const CloseCode code : {CloseCode::TokenExpired, CloseCode::SignedOff})
        QVERIFY(!mayReconnect(code));
    for (const CloseCode code : {CloseCode::SlowConsumer, CloseCode::TooManyMessages,
                                 CloseCode::Draining, CloseCode::Unavailable})
        QVERIFY(mayReconnect(code));
    QVERIFY(!mayReconnect(CloseCode::ProtocolError));
    for (const quint16 code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000})
        QVERIFY(!isValidOnTheWire(code));
    for (const quint16 code : {1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4999})
        QVERIFY(isValidOnTheWire(code));
}

PRESENCE_TEST(TestPhoenixCodec)
#include "tst_phoenixcodec.moc"
