// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/limits.h"
#include "tests/support/epolltest.h"
#include "tests/unit/channels/socketfixture.h"

#include <QSignalSpy>

using namespace presence;
using namespace presence::channels;
using namespace presence::channels::test;

class TestPhoenixSocket : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void oneReplyToEachPush_data();
    void oneReplyToEachPush();
    void whoMayJoinWhat_data();
    void whoMayJoinWhat();
    void aJoinIsAnsweredWhenTheTopicIsReady();
    void aSecondJoinEndsTheFirst();
    void aLeaveEndsTheChannel();
    void whatComesBeforeTheAnswerWaitsForIt();
    void whatComesBeforeARefusalIsAnsweredToo();
    void whatCameForAnOlderJoinIsNotOfTheNewOne();
    void whatWaitsIsLimited();
    void theStateIsForTheJoinThatAskedForIt();
    void textMayBeBinaryInV1();
    void aLateLeaveOfAnOlderJoinEndsNothing();
    void aPushOfAnOlderJoinIsUnmatched();
    void topicsAreLimited();
    void theEndOfASocketLeavesItsTopics();
    void whatIsNotPhoenixClosesTheSocket_data();
    void whatIsNotPhoenixClosesTheSocket();
    void anExpiredTokenClosesTheSocket();
};

static QByteArray reply(const char *joinRef, const char *ref, const QByteArray &topic,
                        const QByteArray &payload)
{
    return "[" + QByteArray(joinRef) + "," + ref + ",\"" + topic + "\",\"phx_reply\"," + payload
        + "]";
}

static QByteArray refusal(const QByteArray &reason)
{
    return "{\"status\":\"error\",\"response\":{\"reason\":\"" + reason + "\"}}";
}

static const QByteArray kOk = "{\"status\":\"ok\",\"response\":{}}";

/// The answer to a join of user:bob with that ref.
static QByteArray joined(const char *ref, const QByteArray &status, quint64 revision)
{
    return reply(ref, ref, "user:bob",
                 R"({"status":"ok","response":)" + HubFixture::json(kBob, status, revision) + '}');
}

void TestPhoenixSocket::oneReplyToEachPush_data()
{
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("heartbeat") << "[null,\"1\",\"phoenix\",\"heartbeat\",{}]"_ba
                               << reply("null", "\"1\"", "phoenix", kOk);
    QTest::newRow("no such topic") << "[\"1\",\"1\",\"room:1\",\"phx_join\",{}]"_ba
                                   << reply("\"1\"", "\"1\"", "room:1", refusal("unmatched topic"));
    QTest::newRow("no identifier") << "[\"1\",\"1\",\"user:\",\"phx_join\",{}]"_ba
                                   << reply("\"1\"", "\"1\"", "user:", refusal("invalid topic"));
    QTest::newRow("not joined") << "[null,\"1\",\"user:bob\",\"x\",{}]"_ba
                                << reply("null", "\"1\"", "user:bob", refusal("unmatched topic"));
    QTest::newRow("leave of what was not joined") << "[null,\"1\",\"user:bob\",\"phx_leave\",{}]"_ba
                                                  << reply("null", "\"1\"", "user:bob", kOk);
    QTest::newRow("more than there should be")
        << "[null,\"1\",\"phoenix\",\"heartbeat\",{},7,[]]"_ba
        << reply("null", "\"1\"", "phoenix", kOk);
    QTest::newRow("no ref, no reply") << "[null,null,\"user:bob\",\"x\",{}]"_ba << QByteArray();
}

void TestPhoenixSocket::oneReplyToEachPush()
{
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, answer);
    SocketFixture fixture;
    TextSocket client(fixture.port);
    QCOMPARE(client.hear(message), answer.isEmpty() ? QByteArrayList() : QByteArrayList{answer});
}

void TestPhoenixSocket::whoMayJoinWhat_data()
{
    QTest::addColumn<QByteArray>("topic");
    QTest::addColumn<bool>("isAdmin");
    QTest::addColumn<bool>("isAllowed");
    const auto add = [](const char *topic, bool isAdmin, bool isAllowed) {
        QTest::addRow("%s as %s", topic, isAdmin ? "admin" : "user")
            << QByteArray(topic) << isAdmin << isAllowed;
    };
    add("presence:bob", false, false);
    add("presence:bob", true, false);
    add("user:bob", false, true);
    add("workspace:acme", false, true);
    add("workspace:globex", false, false);
    add("workspace:globex", true, true);
    add("channel:7", false, true);
    add("channel:8", false, false);
    add("channel:8", true, true);
    for (const char *topic :
         {"admin:overview", "admin:events", "admin:workspace:acme", "admin:channel:7"})
        add(topic, false, false);
}

void TestPhoenixSocket::whoMayJoinWhat()
{
    QFETCH(QByteArray, topic);
    QFETCH(bool, isAdmin);
    QFETCH(bool, isAllowed);
    SocketFixture fixture({.user = kAnna,
                           .isAdmin = isAdmin,
                           .workspaces = QSet{WorkspaceId("acme")},
                           .channels = QSet{ChannelId("7")}});
    TextSocket client(fixture.port);
    const QByteArrayList heard
        = client.hear("[\"1\",\"1\",\"" + topic + "\",\"phx_join\",{\"device_id\":\"web:1\"}]");
    const QByteArray refused = reply("\"1\"", "\"1\"", topic, refusal("unauthorized"));
    QCOMPARE(heard.contains(refused), !isAllowed);
    QCOMPARE(fixture.hub.topicCount(), isAllowed ? 1U : 0U);
}

void TestPhoenixSocket::aJoinIsAnsweredWhenTheTopicIsReady()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    QVERIFY(client.hear(R"(["1","1","user:bob","phx_join",{}])").isEmpty());
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received, QByteArrayList({joined("\"1\"", "busy", 5)}));
    fixture.publish(kBob, "away", 6);
    QTRY_COMPARE(client.received.size(), 2);
    QVERIFY(client.received[1].startsWith(
        R"([null,null,"user:bob","status_update",{"user_id":"bob","status":"away")"));
}

void TestPhoenixSocket::aSecondJoinEndsTheFirst()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.hear(R"(["1","1","user:bob","phx_join",{}])");
    QCOMPARE(client.hear(R"(["2","2","user:bob","phx_join",{}])"),
             QByteArrayList({reply("\"1\"", "\"1\"", "user:bob", refusal("joined again")),
                             R"(["1","1","user:bob","phx_close",{}])"}));
    QCOMPARE(fixture.hub.topicCount(), 1U);
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received, QByteArrayList({joined("\"2\"", "busy", 5)}));
}

void TestPhoenixSocket::aLeaveEndsTheChannel()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.hear(R"(["1","1","user:bob","phx_join",{}])");
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received.size(), 1);
    client.received.clear();
    client.say(R"(["1","2","user:bob","phx_leave",{}])");
    client.say(R"(["1","3","user:bob","x",{}])");
    client.say(R"(["1","4","user:bob","phx_leave",{}])");
    QTRY_COMPARE(client.received.size(), 4);
    // What comes behind the leave may find the channel ending, or gone.
    const QByteArrayList expected{reply("\"1\"", "\"2\"", "user:bob", kOk),
                                  R"(["1","1","user:bob","phx_close",{}])",
                                  reply("\"1\"", "\"3\"", "user:bob", refusal("unmatched topic")),
                                  reply("\"1\"", "\"4\"", "user:bob", kOk)};
    QCOMPARE(client.received.indexOf(expected[1]), client.received.indexOf(expected[0]) + 1);
    for (const QByteArray &each : expected)
        QVERIFY2(client.received.contains(each), each.constData());
    QCOMPARE(fixture.hub.topicCount(), 0U);
}

// Clients need not wait for the answer to the join.
void TestPhoenixSocket::whatComesBeforeTheAnswerWaitsForIt()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.say(R"(["1","1","user:bob","phx_join",{}])");
    client.say(R"(["1","2","user:bob","x",{}])");
    client.say(R"(["0","3","user:bob","x",{}])"); // of an older join
    QVERIFY(client.hear(R"(["1","4","user:bob","phx_leave",{}])").size() <= 1);
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received.size(), 4);
    QCOMPARE(client.received,
             QByteArrayList({joined("\"1\"", "busy", 5),
                             reply("\"1\"", "\"2\"", "user:bob", refusal("unknown event")),
                             reply("\"1\"", "\"4\"", "user:bob", kOk),
                             R"(["1","1","user:bob","phx_close",{}])"}));
    QCOMPARE(fixture.hub.topicCount(), 0U);
}

void TestPhoenixSocket::whatComesBeforeARefusalIsAnsweredToo()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    // There is no Redis.
    client.say(R"(["1","1","presence:anna","phx_join",{"device_id":"d"}])");
    client.say(R"(["1","2","presence:anna","typing_stop",{"channel_id":"7"}])");
    client.say(R"(["1","3","presence:anna","phx_leave",{}])");
    QVERIFY(client.hear(R"(["1","4","presence:anna","phx_leave",{}])").isEmpty());
    Q_EMIT fixture.subscriber.subscribed(fixture.keys.controlEvents(kAnna));
    QTRY_COMPARE_WITH_TIMEOUT(client.received.size(), 4, 10'000);
    QCOMPARE(
        client.received,
        QByteArrayList({reply("\"1\"", "\"1\"", "presence:anna", refusal("Redis is unreachable")),
                        reply("\"1\"", "\"2\"", "presence:anna", refusal("unmatched topic")),
                        reply("\"1\"", "\"3\"", "presence:anna", kOk),
                        reply("\"1\"", "\"4\"", "presence:anna", kOk)}));
}

// V1, and others that say no join_ref.
void TestPhoenixSocket::whatCameForAnOlderJoinIsNotOfTheNewOne()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.say(R"([null,"1","presence:anna","phx_join",{"device_id":"d"}])");
    client.say(R"([null,"2","presence:anna","x",{"device_id":7,"state":"idle"}])");
    // The new join is read as it is.
    const auto again = client.hear(R"([null,"3","presence:anna","phx_join",{"device_id":"a b"}])");
    QVERIFY(again.contains(reply("null", "\"2\"", "presence:anna", refusal("joined again"))));
    QVERIFY2(again.last().contains(R"("field":"device_id")"), again.last().constData());
    client.say(R"([null,"1","user:bob","phx_join",{}])");
    client.say(R"([null,"2","user:bob","x",{}])");
    client.say(R"([null,"3","user:bob","phx_leave",{}])");
    const auto heard = client.hear(R"([null,"4","user:bob","phx_join",{}])");
    QCOMPARE(heard.size(), 4); // refusals of 1 and 2, the leave, and the close of the first
    QVERIFY(heard.contains(reply("null", "\"2\"", "user:bob", refusal("joined again"))));
    QVERIFY(heard.contains(reply("null", "\"3\"", "user:bob", kOk)));
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received.size(), 1);
    QVERIFY(client.received[0].contains(R"("status":"busy")"));
    QCOMPARE(client.hear(R"([null,"5","user:bob","x",{}])"),
             QByteArrayList{reply("null", "\"5\"", "user:bob", refusal("unknown event"))});
}

void TestPhoenixSocket::whatWaitsIsLimited()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.say(R"(["1","1","user:bob","phx_join",{}])");
    const QByteArray large = R"(["1","2","user:bob","x",{"a":")" + QByteArray(60'000, 'a') + "\"}]";
    for (int i = 0; i < 4; ++i)
        QCOMPARE(client.hear(large), QByteArrayList());
    const QByteArray refused
        = reply("\"1\"", "\"2\"", "user:bob", refusal("the join is not answered yet"));
    QCOMPARE(client.hear(large), QByteArrayList{refused});
    for (int i = 4; i < limits::kMessageBurst; ++i)
        client.say(R"(["1","3","user:bob","x",{}])");
    QCOMPARE(client.hear(R"(["1","2","user:bob","x",{}])"), QByteArrayList{refused});
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received.size(), 1 + limits::kMessageBurst);
    QCOMPARE(client.hear(R"(["1","4","user:bob","x",{}])"),
             QByteArrayList{reply("\"1\"", "\"4\"", "user:bob", refusal("unknown event"))});
}

void TestPhoenixSocket::theStateIsForTheJoinThatAskedForIt()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    TextSocket old(fixture.port, u"/v1"_s);
    client.hear(R"(["5","6","workspace:acme","phx_join",{}])");
    old.say(R"({"topic":"workspace:acme","event":"phx_join","payload":{},"ref":"1"})");
    old.say(R"({"topic":"phoenix","event":"heartbeat","payload":{},"ref":"2"})");
    QTRY_COMPARE(old.received.size(), 1);
    old.received.clear();
    Q_EMIT fixture.subscriber.subscribed(fixture.keys.workspaceEvents(WorkspaceId("acme")));
    QTRY_COMPARE(client.received.size(), 2);
    QCOMPARE(client.received[1], R"(["5",null,"workspace:acme","presence_state",{}])");
    QTRY_COMPARE(old.received.size(), 2);
    QCOMPARE(old.received[1],
             R"({"topic":"workspace:acme","event":"presence_state","ref":null,"payload":{}})");
}

void TestPhoenixSocket::textMayBeBinaryInV1()
{
    SocketFixture fixture;
    TextSocket client(fixture.port, u"/v1"_s);
    client.sendBinaryMessage(R"({"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"})");
    QTRY_COMPARE(client.received.size(), 1);
    QVERIFY(client.received[0].contains("phx_reply"));
}

void TestPhoenixSocket::aLateLeaveOfAnOlderJoinEndsNothing()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.hear(R"(["2","2","user:bob","phx_join",{}])");
    QCOMPARE(client.hear(R"(["1","3","user:bob","phx_leave",{}])"),
             QByteArrayList({reply("\"1\"", "\"3\"", "user:bob", kOk)}));
    QCOMPARE(fixture.hub.topicCount(), 1U);
}

void TestPhoenixSocket::aPushOfAnOlderJoinIsUnmatched()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    client.hear(R"(["2","2","user:bob","phx_join",{}])");
    QCOMPARE(client.hear(R"(["1","3","user:bob","x",{}])"),
             QByteArrayList({reply("\"1\"", "\"3\"", "user:bob", refusal("unmatched topic"))}));
    fixture.know(kBob, "busy", 5);
    QTRY_COMPARE(client.received.size(), 1);
    QCOMPARE(client.hear(R"(["2","4","user:bob","x",{}])"),
             QByteArrayList({reply("\"2\"", "\"4\"", "user:bob", refusal("unknown event"))}));
}

void TestPhoenixSocket::topicsAreLimited()
{
    SocketFixture fixture;
    TextSocket client(fixture.port);
    const auto join = [](int i) {
        return "[\"1\",\"1\",\"user:u" + QByteArray::number(i) + "\",\"phx_join\",{}]";
    };
    for (int i = 0; i < limits::kMaxTopicsPerSocket; ++i)
        client.say(join(i));
    QCOMPARE(client.hear(join(limits::kMaxTopicsPerSocket)),
             QByteArrayList({reply("\"1\"", "\"1\"", "user:u200", refusal("too many topics"))}));
    // One that is joined again takes no place.
    QVERIFY(client.hear(join(0)).last().contains("phx_close"));
    QCOMPARE(fixture.hub.topicCount(), size_t(limits::kMaxTopicsPerSocket));
}

void TestPhoenixSocket::theEndOfASocketLeavesItsTopics()
{
    SocketFixture fixture;
    TextSocket one(fixture.port);
    TextSocket two(fixture.port);
    one.hear(R"(["1","1","user:bob","phx_join",{}])");
    two.hear(R"(["1","1","user:bob","phx_join",{}])");
    two.hear(R"(["1","1","workspace:acme","phx_join",{}])");
    QCOMPARE(fixture.hub.topicCount(), 2U);
    two.abort();
    QTRY_COMPARE(fixture.hub.topicCount(), 1U);
    one.close();
    QTRY_COMPARE(fixture.hub.topicCount(), 0U);
}

void TestPhoenixSocket::whatIsNotPhoenixClosesTheSocket_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isBinary");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<int>("code");
    QTest::newRow("no JSON") << u"/v2"_s << false << "hello"_ba << 1008;
    QTest::newRow("too short") << u"/v2"_s << false << "[1]"_ba << 1008;
    QTest::newRow("V1 to V2")
        << u"/v2"_s << false
        << R"({"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"})"_ba << 1008;
    QTest::newRow("no text to V1") << u"/v1"_s << true << "\0\1\1\1\1"_ba << 1008;
    QTest::newRow("half a binary push") << u"/v2"_s << true << "\0\1"_ba << 1008;
}

void TestPhoenixSocket::whatIsNotPhoenixClosesTheSocket()
{
    QFETCH(QString, path);
    QFETCH(bool, isBinary);
    QFETCH(QByteArray, message);
    QFETCH(int, code);
    SocketFixture fixture;
    TextSocket client(fixture.port, path);
    QSignalSpy closed(&client, &QWebSocket::disconnected);
    if (isBinary)
        client.sendBinaryMessage(message);
    else
        client.say(message);
    QTRY_COMPARE(closed.size(), 1);
    QCOMPARE(int(client.closeCode()), code);
}

void TestPhoenixSocket::anExpiredTokenClosesTheSocket()
{
    SocketFixture fixture({.user = kAnna, .expiresAt = {}});
    TextSocket client(fixture.port);
    QTRY_COMPARE(client.state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(int(client.closeCode()), int(protocol::CloseCode::TokenExpired));
}

PRESENCE_EPOLL_TEST(TestPhoenixSocket)

#include "tst_phoenixsocket.moc"
