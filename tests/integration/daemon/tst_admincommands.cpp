// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/session.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QDateTime>

#include <optional>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// What operators ask for and do.
static constexpr QLatin1StringView kGhost("0badc0de-1");

class TestAdminCommands : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        m_operator.emplace(m_fixture.daemon.port(),
                           tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(m_operator->open());
        QCOMPARE(m_operator->join(u"admin:overview"_s)["status"_L1], "ok"_L1);
        QCOMPARE(m_operator->join(u"admin:events"_s,
                                  {{"kinds"_L1, QJsonArray{"command"_L1}}})["status"_L1],
                 "ok"_L1);
    }
    void cleanupTestCase()
    {
        m_operator.reset();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

    void anUnknownUserIsSaidToBeUnknown()
    {
        const QJsonObject user = read(u"nobody"_s);
        QCOMPARE(user["known"_L1], false);
        QCOMPARE(user["effective"_L1]["status"_L1], "offline"_L1);
        QCOMPARE(user["rule"_L1], "no_device"_L1);
        QVERIFY(user["next"_L1].isNull());
        QCOMPARE(command(u"get_user"_s, {{"user_id"_L1, "no body"_L1}})["response"_L1]["field"_L1],
                 "user_id"_L1);
    }

    void aUserIsExplained()
    {
        const auto amy = device(u"amy"_s, u"phone"_s);
        amy->push(u"presence:amy"_s, u"join_channel"_s, {{"channel_id"_L1, "7"_L1}});
        QJsonObject user = read(u"amy"_s);
        QCOMPARE(user["rule"_L1], "active"_L1);
        QCOMPARE(user["effective"_L1]["status"_L1], "online"_L1);
        QCOMPARE(user["workspaces"_L1][0], "acme"_L1);
        const QJsonValue session = user["sessions"_L1][0];
        QCOMPARE(session["device_id"_L1], "phone"_L1);
        QCOMPARE(session["kind"_L1], "websocket"_L1);
        QCOMPARE(session["node_alive"_L1], true);
        QVERIFY(session["node"_L1].toString().startsWith("presence@"_L1));
        QCOMPARE(session["channels"_L1][0], "7"_L1);
        QCOMPARE(session["ended"_L1], false);
        const qint64 now = user["time"_L1].toInteger();
        QVERIFY(session["connected_at"_L1].toInteger() <= now);
        QVERIFY(session["deadline"_L1].toInteger() > now);
        QCOMPARE(user["changes"_L1][0]["seen"_L1], "online"_L1);
        QCOMPARE(user["changes"_L1][0]["cause"_L1], "connected"_L1);
        QCOMPARE(user["changes"_L1][0]["device_id"_L1], "phone"_L1);
        QCOMPARE(user["changes"_L1][0]["node"_L1], session["node"_L1]);
        QVERIFY(user["changes"_L1][0]["by"_L1].isNull());

        amy->push(u"presence:amy"_s, u"device_state"_s, {{"state"_L1, "idle"_L1}});
        user = read(u"amy"_s);
        QCOMPARE(user["rule"_L1], "all_idle"_L1);
        QCOMPARE(user["effective"_L1]["status"_L1], "away"_L1);
        QCOMPARE(user["stored"_L1]["status"_L1], "online"_L1);
        QCOMPARE(user["changes"_L1][0]["cause"_L1], "idle"_L1);
    }

    void anInvisibleUserIsSeenAsItIs()
    {
        const auto ina = device(u"ina"_s, u"phone"_s);
        ina->push(u"presence:ina"_s, u"set_status"_s, {{"status"_L1, "invisible"_L1}});
        const QJsonObject user = read(u"ina"_s);
        QCOMPARE(user["rule"_L1], "hidden"_L1);
        QCOMPARE(user["effective"_L1]["status"_L1], "invisible"_L1);
        QCOMPARE(user["seen"_L1]["status"_L1], "offline"_L1);
        QCOMPARE(user["sessions"_L1].toArray().size(), 1);
    }

    void theNextChangeIsTheEndOfAStatus()
    {
        const auto eve = device(u"eve"_s, u"phone"_s);
        eve->push(u"presence:eve"_s, u"set_status"_s,
                  {{"status"_L1, "busy"_L1}, {"clear_after"_L1, 100}});
        const QJsonObject user = read(u"eve"_s);
        QCOMPARE(user["rule"_L1], "chosen"_L1);
        QCOMPARE(user["next"_L1]["status"_L1], "online"_L1);
        QCOMPARE(user["next"_L1]["cause"_L1], "expiry"_L1);
        const qint64 left = user["next"_L1]["at"_L1].toInteger() - user["time"_L1].toInteger();
        QVERIFY(left > 80'000 && left <= 101'000);
    }

    void aRestDeviceEndsByItsSilence()
    {
        m_fixture.as(u"rob"_s).post(u"/api/presence/heartbeat"_s,
                                    {{"device_id"_L1, "cron"_L1}, {"workspace_id"_L1, "acme"_L1}});
        const QJsonObject user = read(u"rob"_s);
        QCOMPARE(user["sessions"_L1][0]["kind"_L1], "rest"_L1);
        QCOMPARE(user["next"_L1]["status"_L1], "offline"_L1);
        QCOMPARE(user["next"_L1]["cause"_L1], "silence"_L1);
    }

    void anOperatorSetsAndClearsAStatus()
    {
        const auto sam = device(u"sam"_s, u"phone"_s);
        const QJsonObject change{{"user_id"_L1, "sam"_L1},
                                 {"status"_L1, "away"_L1},
                                 {"custom_message"_L1, "by the desk"_L1}};
        QCOMPARE(command(u"set_status"_s, change)["status"_L1], "ok"_L1);
        QVERIFY(!sam->next(u"presence:sam"_s, u"presence_state"_s,
                           [](const QJsonObject &state) {
                               return state["custom_message"_L1] == "by the desk"_L1;
                           })
                     .isEmpty());
        QJsonObject user = read(u"sam"_s);
        QCOMPARE(user["stored"_L1]["status"_L1], "away"_L1);
        QCOMPARE(user["changes"_L1][0]["custom_message"_L1], "by the desk"_L1);
        QCOMPARE(user["changes"_L1][0]["by"_L1], "operator"_L1);
        QCOMPARE(user["changes"_L1][0]["by_id"_L1], "olga"_L1);
        QCOMPARE(command(u"clear_status"_s, {{"user_id"_L1, "sam"_L1}})["status"_L1], "ok"_L1);
        user = read(u"sam"_s);
        QCOMPARE(user["stored"_L1]["status"_L1], "online"_L1);
        QCOMPARE(user["changes"_L1][0]["by_id"_L1], "olga"_L1);
        QVERIFY(user["changes"_L1][0]["custom_message"_L1].isNull());
        QCOMPARE(command(u"set_status"_s,
                         {{"user_id"_L1, "sam"_L1},
                          {"status"_L1, "gone"_L1}})["response"_L1]["field"_L1],
                 "status"_L1);
    }

    void everyActionIsLoggedAndTold()
    {
        QCOMPARE(command(u"clear_status"_s, {{"user_id"_L1, "log"_L1}})["status"_L1], "ok"_L1);
        QJsonObject event;
        m_operator->next(u"admin:events"_s, u"events"_s, [&event](const QJsonObject &payload) {
            for (const QJsonValue &each : payload["events"_L1].toArray()) {
                if (each["user_id"_L1] == "log"_L1)
                    event = each.toObject();
            }
            return !event.isEmpty();
        });
        QCOMPARE(event["kind"_L1], "command"_L1);
        QCOMPARE(event["action"_L1], "clear_status"_L1);
        QVERIFY(event["detail"_L1].toString().contains("olga"_L1));
        QTRY_VERIFY(m_fixture.daemon.output().contains("clear_status of log by olga: done"));
    }

    void aDeviceIsDisconnected()
    {
        const auto dan = device(u"dan"_s, u"old"_s);
        const auto other = device(u"dan"_s, u"new"_s);
        const QJsonObject which{{"user_id"_L1, "dan"_L1}, {"device_id"_L1, "old"_L1}};
        QCOMPARE(command(u"disconnect_device"_s, which)["status"_L1], "ok"_L1);
        QCOMPARE(dan->waitForClose(), 4002);
        const QJsonArray sessions = read(u"dan"_s)["sessions"_L1].toArray();
        QCOMPARE(sessions.size(), 1);
        QCOMPARE(sessions[0]["device_id"_L1], "new"_L1);
    }

    void aUserIsDisconnectedFromAllDevices()
    {
        const auto one = device(u"all"_s, u"one"_s);
        const auto two = device(u"all"_s, u"two"_s);
        QCOMPARE(
            command(u"disconnect_user"_s, {{"user_id"_L1, "all"_L1}})["response"_L1]["devices"_L1],
            2);
        QCOMPARE(one->waitForClose(), 4002);
        QCOMPARE(two->waitForClose(), 4002);
        QCOMPARE(read(u"all"_s)["effective"_L1]["status"_L1], "offline"_L1);
        const QJsonValue change = read(u"all"_s)["changes"_L1][0];
        QCOMPARE(change["cause"_L1], "signed_off"_L1);
        QCOMPARE(change["by_id"_L1], "olga"_L1);
    }

    void aGhostIsFoundAndForgotten()
    {
        const auto gus = device(u"gus"_s, u"tablet"_s);
        leaveGhost(u"gus"_s, u"phone"_s);
        // In a cluster the list of all users is at another server than the user.
        QJsonObject found;
        QTRY_VERIFY(!(found = findGhost(u"gus"_s)).isEmpty());
        QCOMPARE(found["device_id"_L1], "phone"_L1);
        QCOMPARE(found["reason"_L1], "node_gone"_L1);
        QCOMPARE(found["node"_L1], "?"_L1);
        QCOMPARE(found["workspace_id"_L1], "acme"_L1);
        const qint64 seenAt = read(u"gus"_s)["last_seen"_L1].toInteger();
        QCOMPARE(forget(u"gus"_s, found["session_id"_L1])["status"_L1], "ok"_L1);
        QVERIFY(findGhost(u"gus"_s).isEmpty());
        QCOMPARE(sessionsOf(u"gus"_s).size(), 1);
        QCOMPARE(read(u"gus"_s)["effective"_L1]["status"_L1], "online"_L1);
        QCOMPARE(read(u"gus"_s)["last_seen"_L1].toInteger(), seenAt);
    }

    void aUserWhoWasNothingButAGhostGoesOffline()
    {
        leaveGhost(u"gil"_s, u"phone"_s);
        RestClient gil = m_fixture.as(u"gil"_s);
        QCOMPARE(gil.post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "pad"_L1}}).status, 204);
        QCOMPARE(gil.del(u"/api/presence/users/gil/devices/pad"_s).status, 204);
        QCOMPARE(read(u"gil"_s)["effective"_L1]["status"_L1], "online"_L1);
        QCOMPARE(forget(u"gil"_s, kGhost)["status"_L1], "ok"_L1);
        QTRY_COMPARE(read(u"gil"_s)["seen"_L1]["status"_L1], "offline"_L1);
        QCOMPARE(read(u"gil"_s)["changes"_L1][0]["by_id"_L1], "olga"_L1);
    }

    // As after a node has died, and its clients have come back to others.
    void aDeviceThatCameBackIsNoGhostAndStays()
    {
        const auto gwen = device(u"gwen"_s, u"phone"_s);
        leaveGhost(u"gwen"_s, u"phone"_s);
        leaveGhost(u"gus"_s, u"phone"_s);
        QTRY_VERIFY(!findGhost(u"gus"_s).isEmpty());
        QVERIFY(findGhost(u"gwen"_s).isEmpty());
        // The page of a user lists all sessions.
        QCOMPARE(sessionsOf(u"gwen"_s).size(), 2);
        QCOMPARE(forget(u"gwen"_s, kGhost)["status"_L1], "ok"_L1);
        const QJsonArray left = sessionsOf(u"gwen"_s);
        QCOMPARE(left.size(), 1);
        QCOMPARE(gwen->push(u"presence:gwen"_s, u"set_status"_s,
                            {{"status"_L1, "busy"_L1}})["status"_L1],
                 "ok"_L1);
        const QJsonValue live = left[0]["session_id"_L1];
        QCOMPARE(forget(u"gwen"_s, live)["response"_L1]["reason"_L1], "is alive"_L1);
        QCOMPARE(read(u"gwen"_s)["effective"_L1]["status"_L1], "busy"_L1);
    }

    void whatIsNoSessionIsNotForgotten_data()
    {
        QTest::addColumn<QString>("session");
        QTest::newRow("not there") << u"0badc0de-2"_s;
        QTest::newRow("empty") << u""_s;
        QTest::newRow("two lines") << u"0badc0de-1\na line of a log"_s;
        QTest::newRow("long") << QString(1000, u'a');
    }
    void whatIsNoSessionIsNotForgotten()
    {
        QFETCH(QString, session);
        const QJsonValue refused = forget(u"gus"_s, session)["response"_L1];
        QCOMPARE(refused["field"_L1], "session_id"_L1);
        QVERIFY(!m_fixture.daemon.output().contains("\na line of a log"));
    }

    // Its node is there, but cannot refresh it.
    void aSessionOfANodeThatIsBehindIsNoGhost()
    {
        const QByteArray tag = presence::redis::KeySpace::nodeTag("node-x");
        const QString session = QString::fromLatin1(tag + "-1");
        const auto gail = device(u"gail"_s, u"tablet"_s);
        leaveGhost(u"gail"_s, u"phone"_s, 20, session);
        m_fixture.cli(
            {u"ZADD"_s, u"presence:nodes"_s, QString::number(m_fixture.now()), u"node-x"_s});
        QTRY_COMPARE(findGhost(u"gail"_s)["reason"_L1], "silent"_L1);
        m_fixture.cli({u"ZADD"_s, u"presence:nodes:behind"_s, QString::number(m_fixture.now() + 60),
                       QString::fromLatin1(tag)});
        QVERIFY(findGhost(u"gail"_s).isEmpty());
        QCOMPARE(forget(u"gail"_s, session)["response"_L1]["reason"_L1], "is alive"_L1);
        m_fixture.cli({u"DEL"_s, u"presence:nodes:behind"_s});
        QVERIFY(!findGhost(u"gail"_s).isEmpty());
    }

    // Only the sweeper says that it is over.
    void aSilentSessionIsListed()
    {
        const auto gina = device(u"gina"_s, u"tablet"_s);
        leaveGhost(u"gina"_s, u"phone"_s, -5);
        QCOMPARE(sessionsOf(u"gina"_s).size(), 2);
        QCOMPARE(
            command(u"disconnect_user"_s, {{"user_id"_L1, "gina"_L1}})["response"_L1]["devices"_L1],
            2);
        QCOMPARE(gina->waitForClose(), 4002);
    }

    void whoComesAndGoesAgainAndAgainIsListed()
    {
        for (int i = 0; i < 4; ++i) {
            const auto flo = device(u"flo"_s, u"phone"_s);
            QTRY_COMPARE(read(u"flo"_s)["seen"_L1]["status"_L1], "online"_L1);
        }
        QTRY_COMPARE(read(u"flo"_s)["seen"_L1]["status"_L1], "offline"_L1);
        QJsonValue users;
        QTRY_COMPARE(
            (users = command(u"get_flapping"_s)["response"_L1]["users"_L1]).toArray().size(), 1);
        QCOMPARE(users[0]["user_id"_L1], "flo"_L1);
        QVERIFY(users[0]["changes"_L1].toInt() >= 6);
        QVERIFY(qAbs(users[0]["last_at"_L1].toInteger() - m_fixture.now()) < 20);
    }

private:
    QJsonObject command(const QString &event, const QJsonObject &payload = {})
    {
        return m_operator->push(u"admin:overview"_s, event, payload);
    }

    QJsonObject read(const QString &user)
    {
        return command(u"get_user"_s, {{"user_id"_L1, user}})["response"_L1].toObject();
    }

    QJsonObject forget(const QString &user, const QJsonValue &session)
    {
        return command(u"forget_ghost"_s, {{"user_id"_L1, user}, {"session_id"_L1, session}});
    }

    QJsonArray sessionsOf(const QString &user) { return read(user)["sessions"_L1].toArray(); }

    /// A session that no node keeps: as a node that was cut off leaves it.
    /// `left`: seconds until it is over.
    void leaveGhost(const QString &user, const QString &device, int left = 20,
                    const QString &session = kGhost)
    {
        const QByteArray ghost = QByteArray::number((m_fixture.now() + left) * 1000) + " "
            + QByteArray::number(m_fixture.now() * 1'000'000) + " a " + device.toLatin1() + " acme";
        m_fixture.cli({u"HSET"_s, u"presence:user:%1"_s.arg(user), u"session:"_s + session,
                       QString::fromLatin1(ghost)});
    }

    /// Looks at all users.
    QJsonObject findGhost(const QString &user)
    {
        QJsonValue after = ""_L1;
        while (!after.isNull()) {
            const QJsonValue page = command(u"get_ghosts"_s, {{"after"_L1, after}})["response"_L1];
            for (const QJsonValue &ghost : page["ghosts"_L1].toArray()) {
                if (ghost["user_id"_L1] == user)
                    return ghost.toObject();
            }
            after = page["next"_L1].isString() ? page["next"_L1] : QJsonValue();
        }
        return {};
    }

    std::unique_ptr<PhoenixClient> device(const QString &user, const QString &device)
    {
        auto client = std::make_unique<PhoenixClient>(m_fixture.daemon.port(), tokenFor(user));
        if (client->open())
            client->join(u"presence:"_s + user,
                         {{"device_id"_L1, device}, {"workspace_id"_L1, "acme"_L1}});
        return client;
    }

    DaemonFixture m_fixture{{{u"LOG_LEVEL"_s, u"info"_s}}};
    std::optional<PhoenixClient> m_operator;
};

PRESENCE_TEST(TestAdminCommands)
#include "tst_admincommands.moc"
