// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/archive/archivetest.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// What is told of the past, and what is erased.
class TestHistory : public ArchiveTest
{
    Q_OBJECT
private Q_SLOTS:
    void everySessionAndStatusIsInTheHistory()
    {
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "in a call"_L1}});
        QTRY_COMPARE_WITH_TIMEOUT(history(u"alice"_s).size(), 3, kRecovery);
        const QJsonArray rows = history(u"alice"_s);
        QCOMPARE(rows[0]["status"_L1], "busy"_L1);
        QCOMPARE(rows[0]["custom_message"_L1], "in a call"_L1);
        QCOMPARE(rows[1]["status"_L1], "online"_L1);
        QCOMPARE(rows[2]["type"_L1], "connected"_L1);
        QCOMPARE(rows[2]["device_id"_L1], "web"_L1);
        QCOMPARE(rows[2]["kind"_L1], "rest"_L1);
        // A page after the other.
        const QJsonObject first = as(u"alice"_s).get(kAlice + u"/history?limit=2"_s).json();
        QCOMPARE(first["history"_L1].toArray().size(), 2);
        const auto second
            = as(u"alice"_s)
                  .get(kAlice + u"/history?limit=2&cursor="_s + first["next"_L1].toString());
        QCOMPARE(second.json()["history"_L1].toArray(), QJsonArray{rows[2]});
        QVERIFY(second.json()["next"_L1].isNull());
    }

    void aWebSocketIsToldOfItsNode()
    {
        std::optional<PhoenixClient> client(std::in_place, m_fixture->daemon.port(),
                                            tokenFor(u"alice"_s));
        QVERIFY(client->open());
        QCOMPARE(client->join(u"presence:alice"_s, {{u"device_id"_s, u"web"_s}})["status"_L1],
                 "ok"_L1);
        QTRY_VERIFY_WITH_TIMEOUT(!history(u"alice"_s).isEmpty(), kRecovery);
        client.reset();
        QTRY_COMPARE_WITH_TIMEOUT(types(u"alice"_s), "status disconnected status connected"_L1,
                                  kRecovery);
        const QJsonObject session = history(u"alice"_s).last().toObject();
        QCOMPARE(session["node"_L1], "node-1"_L1);
        QCOMPARE(session["kind"_L1], "websocket"_L1);
    }

    void othersSeeNothingOfAHiddenPeriod()
    {
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "x"_L1}});
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "y"_L1}});
        QTRY_COMPARE_WITH_TIMEOUT(history(u"alice"_s).size(), 4, kRecovery);
        const auto service
            = m_fixture->as(u"robot"_s, {{"scope"_L1, "service"_L1}}).get(kAlice + u"/history"_s);
        QCOMPARE(service.status, 200);
        QCOMPARE(service.json()["history"_L1].toArray().size(), 2); // offline, and online before
        QVERIFY2(!service.body.contains("invisible") && !service.body.contains("\"y\""),
                 service.body.constData());
        QCOMPARE(m_fixture->as(u"bob"_s).get(kAlice + u"/history"_s).status, 403);
        for (const QString &wrong : {u"limit=0"_s, u"since=x"_s, u"cursor=x"_s})
            QCOMPARE(as(u"alice"_s).get(kAlice + u"/history?"_s + wrong).status, 422);
    }

    void operatorsReadFurtherBackThanRedis()
    {
        constexpr int kChanges = 120;
        for (int i = 0; i < kChanges; ++i)
            setStatus(u"alice"_s, {{"status"_L1, i % 2 == 0 ? "busy"_L1 : "away"_L1}});
        awaitArchived();
        PhoenixClient operatorClient(m_fixture->daemon.port(),
                                     tokenFor(u"root"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(operatorClient.open());
        const QString topic = u"admin:overview"_s;
        QCOMPARE(operatorClient.join(topic)["status"_L1], "ok"_L1);
        const auto ask = [&](const QString &event, const QJsonObject &more = {}) {
            QJsonObject payload = more;
            payload["user_id"_L1] = "alice"_L1;
            return operatorClient.push(topic, event, payload)["response"_L1].toObject();
        };
        ask(u"set_status"_s, {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "by the desk"_L1}});
        awaitArchived();
        const QJsonArray recent = ask(u"get_user"_s)["changes"_L1].toArray();
        QVERIFY(recent.size() <= 40);
        QCOMPARE(recent[0]["by_id"_L1], "root"_L1);
        QCOMPARE(recent[0]["custom_message"_L1], "by the desk"_L1);
        const QJsonObject first = ask(u"get_history"_s);
        QCOMPARE(first["changes"_L1].toArray().size(), 100);
        QCOMPARE(first["changes"_L1][0], recent[0]);
        const QJsonObject second = ask(u"get_history"_s, {{"after"_L1, first["next"_L1]}});
        const QJsonArray others = second["changes"_L1].toArray();
        QCOMPARE(others.size(), kChanges + 2 - 100);
        QVERIFY(second["next"_L1].isNull());
        QCOMPARE(others.last()["cause"_L1], "connected"_L1);
        QCOMPARE(others.last()["device_id"_L1], "web"_L1);
        // Which operator it was is for operators.
        QCOMPARE(history(u"alice"_s)[0]["by"_L1], "operator"_L1);
        const auto asAdmin = m_fixture->as(u"root"_s, {{"scope"_L1, "admin"_L1}})
                                 .get(kAlice + u"/history?limit=1"_s);
        QCOMPARE(asAdmin.json()["history"_L1][0]["by"_L1], "operator:root"_L1);
    }

    void anErasedUserIsNowhere()
    {
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"alice"_s));
        QVERIFY(client.open());
        QCOMPARE(client.join(u"presence:alice"_s, {{u"device_id"_s, u"phone"_s}})["status"_L1],
                 "ok"_L1);
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "secret"_L1}});
        awaitArchived();
        QCOMPARE(as(u"alice"_s).del(kAlice).status, 403);
        QCOMPARE(m_fixture->as(u"root"_s, {{"scope"_L1, "admin"_L1}}).del(kAlice).status, 204);
        QVERIFY(client.waitForClose() != 0);
        for (const QString &key :
             QString::fromUtf8(m_fixture->cli({u"KEYS"_s, u"*"_s})).split(u'\n'))
            QVERIFY2(!key.contains("alice"_L1) || key.endsWith(":erased"_L1), qPrintable(key));
        QCOMPARE(waiting(), 0);
        QVERIFY(history(u"alice"_s).isEmpty());
        QCOMPARE(m_fixture->as(u"bob"_s).get(kAlice).json()["last_seen"_L1], QJsonValue());
        QVERIFY(!m_fixture->daemon.output().contains("secret"));
    }
};

PRESENCE_TEST(TestHistory)
#include "tst_history.moc"
