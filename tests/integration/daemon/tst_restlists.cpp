// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static QStringList valuesOf(const QJsonArray &rows, QLatin1StringView key)
{
    QStringList values;
    for (const QJsonValue &row : rows)
        values.append(row[key].toString());
    return values;
}

class TestRestLists : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_fixture.start()); }
    void cleanupTestCase() { QCOMPARE(m_fixture.daemon.stop(), 0); }

    void anEmptyWorkspaceIsAnEmptyPage()
    {
        const RestResponse response = m_fixture.as(u"bob"_s).get(onlineIn(u"empty"_s));
        QCOMPARE(response.status, 200);
        QCOMPARE(response.json(),
                 (QJsonObject{{"users"_L1, QJsonArray()},
                              {"total"_L1, 0},
                              {"limit"_L1, 100},
                              {"offset"_L1, 0},
                              {"next"_L1, QJsonValue()}}));
    }

    void pagesOfTheOnlineListHoldEveryoneOnce()
    {
        QStringList all;
        for (int i = 0; i < 5; ++i) {
            all.append(u"page-%1"_s.arg(i));
            beat(all.last(), u"paged"_s);
        }
        RestClient bob = m_fixture.as(u"bob"_s);
        QStringList seen;
        for (const int offset : {0, 2, 4}) {
            const QJsonObject page
                = bob.get(onlineIn(u"paged"_s) + u"?limit=2&offset=%1"_s.arg(offset)).json();
            QCOMPARE(page["total"_L1], 5);
            QCOMPARE(page["limit"_L1], 2);
            QCOMPARE(page["offset"_L1], offset);
            const QJsonArray users = page["users"_L1].toArray();
            QCOMPARE(users.size(), offset == 4 ? 1 : 2);
            QCOMPARE(users[0].toObject().keys(), QStringList({u"id"_s, u"timestamp"_s}));
            QVERIFY(users[0]["timestamp"_L1].toInteger() > m_fixture.now() - 20);
            seen += valuesOf(users, "id"_L1);
        }
        QCOMPARE(seen, all);
        seen.clear();
        QString query = u"?limit=2"_s;
        while (!query.isEmpty()) {
            const QJsonObject page = bob.get(onlineIn(u"paged"_s) + query).json();
            seen += valuesOf(page["users"_L1].toArray(), "id"_L1);
            const QString next = page["next"_L1].toString();
            query = next.isEmpty() ? QString() : u"?limit=2&after="_s + next;
        }
        QCOMPARE(seen, all);
        QCOMPARE(bob.get(onlineIn(u"paged"_s) + u"?after=a&offset=2"_s).status, 422);
    }

    void aPageBehindTheEndIsEmptyButCounts()
    {
        beat(u"alone"_s, u"small"_s);
        const QJsonObject page
            = m_fixture.as(u"bob"_s).get(onlineIn(u"small"_s) + u"?limit=1000&offset=7"_s).json();
        QCOMPARE(page["users"_L1], QJsonArray());
        QCOMPARE(page["total"_L1], 1);
    }

    void aHiddenUserIsInNoOnlineListAndNoCount()
    {
        beat(u"hidden"_s, u"veiled"_s);
        m_fixture.as(u"hidden"_s)
            .put(u"/api/presence/users/hidden/status"_s, {{"status"_L1, "invisible"_L1}});
        const QJsonObject page = m_fixture.as(u"bob"_s).get(onlineIn(u"veiled"_s)).json();
        QCOMPARE(page["users"_L1], QJsonArray());
        QCOMPARE(page["total"_L1], 0);
        QCOMPARE(bulk({u"hidden"_s}).array()[0]["status"_L1], "offline"_L1);
    }

    void bulkRowsKeepTheOrderAndComeOnce()
    {
        beat(u"b-1"_s, u"acme"_s);
        m_fixture.as(u"b-1"_s).put(u"/api/presence/users/b-1/status"_s,
                                   {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "m"_L1}});
        beat(u"b-2"_s, u"acme"_s);
        const RestResponse response
            = bulk({u"b-2"_s, u"b-none"_s, u"b-1"_s, u"b-2"_s, u"b-none"_s});
        QCOMPARE(response.status, 200);
        const QJsonArray rows = response.array();
        QCOMPARE(valuesOf(rows, "user_id"_L1), QStringList({u"b-2"_s, u"b-none"_s, u"b-1"_s}));
        QCOMPARE(valuesOf(rows, "status"_L1), QStringList({u"online"_s, u"offline"_s, u"busy"_s}));
        for (const QJsonValue &row : rows)
            QCOMPARE(row.toObject().keys(),
                     QStringList({u"custom_message"_s, u"emoji"_s, u"expires_at"_s, u"kinds"_s,
                                  u"last_seen"_s, u"status"_s, u"user_id"_s}));
        QCOMPARE(rows[2]["custom_message"_L1], "m"_L1);
        QVERIFY(rows[2]["last_seen"_L1].toInteger() > m_fixture.now() - 20);
        QVERIFY(rows[1]["last_seen"_L1].isNull());
    }

    void aNumberIsTheUserThatItSpells()
    {
        const RestResponse response = m_fixture.as(u"bob"_s).post(
            u"/api/presence/bulk"_s, {{"user_ids"_L1, QJsonArray{42, "42"_L1, -7}}});
        QCOMPARE(valuesOf(response.array(), "user_id"_L1), QStringList({u"42"_s, u"-7"_s}));
    }

    void bulkOfNobodyIsEmpty()
    {
        const RestResponse response = bulk({});
        QCOMPARE(response.status, 200);
        QCOMPARE(response.body, "[]");
    }

    void bulkTakesAThousandAndNotOneMore()
    {
        QStringList users;
        for (int i = 0; i < 1000; ++i)
            users.append(u"many-%1"_s.arg(i));
        const RestResponse response = bulk(users);
        QCOMPARE(response.status, 200);
        QCOMPARE(valuesOf(response.array(), "user_id"_L1), users);
        // Also when they are all the same.
        const RestResponse refused = bulk(QStringList(1001, u"same"_s));
        QCOMPARE(refused.faultAsProblem(422), QString());
        QCOMPARE(refused.json()["field"_L1], "user_ids"_L1);
    }

    void whoLooksAndWhoTypesIsListed()
    {
        PhoenixClient alice(m_fixture.daemon.port(), tokenFor(u"alice"_s));
        QVERIFY(alice.open());
        const QString topic = u"presence:alice"_s;
        const QJsonObject room{{"channel_id"_L1, "7"_L1}};
        const QJsonObject nobody{{"channel_id"_L1, "7"_L1},
                                 {"users"_L1, QJsonArray()},
                                 {"count"_L1, 0},
                                 {"next"_L1, QJsonValue()}};
        const QJsonObject onlyAlice{{"channel_id"_L1, "7"_L1},
                                    {"users"_L1, QJsonArray{"alice"_L1}},
                                    {"count"_L1, 1},
                                    {"next"_L1, QJsonValue()}};
        const QString viewers = u"/api/presence/channel/7/viewers"_s;
        const QString typing = u"/api/presence/channel/7/typing"_s;
        RestClient bob = m_fixture.as(u"bob"_s);
        QCOMPARE(alice.join(topic)["status"_L1], "ok"_L1);
        QCOMPARE(bob.get(viewers).json(), nobody);
        QCOMPARE(bob.get(typing).json(), nobody);

        QCOMPARE(alice.push(topic, u"join_channel"_s, room)["status"_L1], "ok"_L1);
        QCOMPARE(bob.get(viewers).json(), onlyAlice);
        QCOMPARE(bob.get(typing).json(), nobody);
        QCOMPARE(alice.push(topic, u"typing_start"_s, room)["status"_L1], "ok"_L1);
        QCOMPARE(bob.get(typing).json(), onlyAlice);

        alice.push(topic, u"typing_stop"_s, room);
        QCOMPARE(bob.get(typing).json(), nobody);
        alice.push(topic, u"leave_channel"_s, room);
        QCOMPARE(bob.get(viewers).json(), nobody);
    }

    void whatATokenIsRestrictedToCanBeRead()
    {
        RestClient member = m_fixture.as(u"member"_s,
                                         {{"workspaces"_L1, QJsonArray{"acme"_L1, "beta"_L1}},
                                          {"channels"_L1, QJsonArray{"7"_L1}}});
        QCOMPARE(member.get(onlineIn(u"beta"_s)).status, 200);
        QCOMPARE(member.get(u"/api/presence/channel/7/viewers"_s).status, 200);
        QCOMPARE(member.get(u"/api/presence/channel/7/typing"_s).status, 200);
    }

private:
    static QString onlineIn(const QString &workspace)
    {
        return u"/api/presence/workspace/%1/online"_s.arg(workspace);
    }

    void beat(const QString &user, const QString &workspace)
    {
        const RestResponse response = m_fixture.as(user).post(
            u"/api/presence/heartbeat"_s,
            {{"device_id"_L1, "web:1"_L1}, {"workspace_id"_L1, workspace}});
        QCOMPARE(response.status, 204);
    }

    RestResponse bulk(const QStringList &users)
    {
        return m_fixture.as(u"bob"_s).post(u"/api/presence/bulk"_s,
                                           {{"user_ids"_L1, QJsonArray::fromStringList(users)}});
    }

    DaemonFixture m_fixture;
};

PRESENCE_TEST(TestRestLists)
#include "tst_restlists.moc"
