// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/conversation.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::bench;

namespace {

const QByteArray kReply = R"(["1","1","presence:ann","phx_reply",{"status":"ok","response":{}}])";
const QByteArray kState = R"(["1",null,"presence:ann","presence_state",{"user_id":"ann"}])";
const QByteArray kWatching = R"(["2","2","user:bob","phx_reply",{"status":"ok",)"
                             R"("response":{"user_id":"bob","revision":10}}])";
const QByteArray kInWorkspace = R"(["3","3","workspace:w","phx_reply",{"status":"ok",)"
                                R"("response":{"sequence":5}}])";

QByteArray update(int previous, int revision)
{
    return R"([null,null,"user:bob","status_update",{"user_id":"bob","revision":)"
        + QByteArray::number(revision) + R"(,"previous":)" + QByteArray::number(previous) + "}]";
}

QByteArray diff(int previous, int sequence)
{
    return R"([null,null,"workspace:w","presence_diff",{"joins":{},"leaves":{},"previous":)"
        + QByteArray::number(previous) + R"(,"sequence":)" + QByteArray::number(sequence) + "}]";
}

QByteArray told(int sequence)
{
    return R"([null,null,"workspace:w","presence_update",{"user_id":"bob","sequence":)"
        + QByteArray::number(sequence) + "}]";
}

QByteArray change(const char *number)
{
    return QByteArray(R"(["1",null,"presence:ann","presence_state",{"custom_message":"change )")
        + number + R"(","user_id":"ann"}])";
}

/// The first fault that a client sees in these, who has joined all topics with refs 1, 2 and 3.
QByteArray faultIn(const QByteArrayList &messages)
{
    Conversation conversation;
    conversation.join(1, "presence:ann", "{}");
    conversation.join(2, "user:bob", "{}");
    conversation.join(3, "workspace:w", "{}");
    for (const QByteArray &message : messages) {
        if (conversation.take(ServerMessage::from(message)) == Conversation::Kind::Fault)
            return conversation.fault();
    }
    return {};
}

} // namespace

class ConversationTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatDoesNotFitIsAFault_data();
    void whatDoesNotFitIsAFault();
    void itIsAnsweredWhenEveryRequestIs();
    void whoMissedTheLastChangeDoesNotAgree();
};

void ConversationTest::whatDoesNotFitIsAFault_data()
{
    QTest::addColumn<QByteArrayList>("messages");
    QTest::addColumn<QByteArray>("fault");
    const auto row = [](const char *name, const QByteArrayList &messages, const char *fault) {
        QTest::newRow(name) << messages << QByteArray(fault);
    };
    row("all is well",
        {kReply, kState, kWatching, update(10, 11), update(11, 15), kInWorkspace, diff(5, 7),
         told(7), diff(7, 8), change("1"), change("2"), change("2")},
        "");
    row("not asked", {kReply, kReply}, "reply to what was not asked");
    row("another topic",
        {R"(["2","2","user:eve","phx_reply",{"status":"ok","response":{"user_id":"bob"}}])"},
        "reply of another topic");
    row("another user",
        {R"(["2","2","user:bob","phx_reply",{"status":"ok","response":{"user_id":"eve"}}])"},
        "reply of another user");
    row("refused", {R"(["1","1","presence:ann","phx_reply",{"status":"error"}])"},
        R"(refused: {"status":"error"})");
    row("state before the reply", {kState}, "presence_state before the reply");
    row("update lost", {kWatching, update(10, 11), update(12, 13)},
        "status_update lost or out of order");
    row("update twice", {kWatching, update(10, 11), update(10, 11)},
        "status_update lost or out of order");
    row("update back", {kWatching, update(10, 9)}, "status_update twice");
    row("diff lost", {kInWorkspace, diff(6, 7)}, "presence_diff lost or out of order");
    row("told before its diff", {kInWorkspace, told(6)}, "presence_update out of order");
    row("state back", {kReply, kState, change("2"), change("1")}, "presence_state out of order");
    row("no topic of ours", {R"([null,null,"user:eve","status_update",{}])"},
        "of a topic that was not joined: status_update");
    row("no event of ours", {R"([null,null,"user:bob","shout",{}])"}, "unexpected: shout");
}

void ConversationTest::whatDoesNotFitIsAFault()
{
    QFETCH(const QByteArrayList, messages);
    QTEST(faultIn(messages), "fault");
}

void ConversationTest::itIsAnsweredWhenEveryRequestIs()
{
    Conversation conversation;
    conversation.join(1, "presence:ann", "{}");
    QCOMPARE(conversation.take(ServerMessage::from(kReply)), Conversation::Kind::Reply);
    QVERIFY(conversation.isAnswered());
    const QByteArray text = conversation.request(7, "presence:ann", "device_state", "{}");
    QCOMPARE(text, QByteArray(R"(["1","7","presence:ann","device_state",{}])"));
    QVERIFY(!conversation.isAnswered());
}

void ConversationTest::whoMissedTheLastChangeDoesNotAgree()
{
    Conversation first;
    Conversation second;
    for (Conversation *each : {&first, &second}) {
        each->join(2, "user:bob", "{}");
        each->take(ServerMessage::from(kWatching));
    }
    first.take(ServerMessage::from(update(10, 11)));
    QHash<QByteArray, qint64> held;
    QVERIFY(first.agrees(held));
    QVERIFY(!second.agrees(held));
}

PRESENCE_TEST(ConversationTest)
#include "tst_conversation.moc"
