// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static const QJsonObject kAdmin{{"scope"_L1, "admin"_L1}};
static const QJsonObject kService{{"scope"_L1, "service"_L1}};

static QString pathOf(const QString &user)
{
    return u"/api/presence/users/"_s + user;
}

class TestRestUsers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_fixture.start()); }
    void cleanupTestCase() { QCOMPARE(m_fixture.daemon.stop(), 0); }

    void aUserThatWasNeverHereIsOffline()
    {
        const RestResponse response = m_fixture.as(u"bob"_s).get(pathOf(u"nobody"_s));
        QCOMPARE(response.status, 200);
        QCOMPARE(response.header("Content-Type"), "application/json"_ba);
        QCOMPARE(response.json(),
                 (QJsonObject{{"user_id"_L1, "nobody"_L1},
                              {"status"_L1, "offline"_L1},
                              {"custom_message"_L1, QJsonValue::Null},
                              {"emoji"_L1, QJsonValue::Null},
                              {"expires_at"_L1, QJsonValue::Null},
                              {"kinds"_L1, QJsonArray()},
                              {"last_seen"_L1, QJsonValue::Null},
                              {"devices"_L1, QJsonArray()}}));
    }

    void aUserIsShownAsTheSeedShowsIt()
    {
        beat(u"user-123"_s, u"web:browser_abc"_s);
        beat(u"user-123"_s, u"mobile:ios_xyz"_s);
        RestClient self = m_fixture.as(u"user-123"_s);
        const QJsonObject busy{{"status"_L1, "busy"_L1},
                               {"custom_message"_L1, "In a meeting"_L1},
                               {"emoji"_L1, u"📞"_s}};
        QCOMPARE(self.put(pathOf(u"user-123/status"_s), busy).status, 200);

        QJsonObject shown = m_fixture.as(u"bob"_s).get(pathOf(u"user-123"_s)).json();
        const qint64 now = m_fixture.now();
        const qint64 lastSeen = shown.take("last_seen"_L1).toInteger();
        QVERIFY(lastSeen > now - 20 && lastSeen <= now);
        QStringList ids;
        for (const QJsonValue &device : shown.take("devices"_L1).toArray()) {
            QCOMPARE(device.toObject().keys(), QStringList({u"id"_s, u"timestamp"_s}));
            const qint64 at = device["timestamp"_L1].toInteger();
            QVERIFY(at > now - 20 && at <= now);
            ids.append(device["id"_L1].toString());
        }
        ids.sort();
        QCOMPARE(ids, QStringList({u"mobile:ios_xyz"_s, u"web:browser_abc"_s}));
        QJsonObject rest = busy;
        rest["user_id"_L1] = u"user-123"_s;
        rest["expires_at"_L1] = QJsonValue::Null;
        rest["kinds"_L1] = QJsonArray{u"mobile"_s, u"web"_s};
        QCOMPARE(shown, rest);
    }

    void aStatusIsAnsweredWithTheUserAsItIsNow()
    {
        beat(u"carl"_s);
        RestClient carl = m_fixture.as(u"carl"_s);
        const QJsonObject away{{"status"_L1, "away"_L1}, {"emoji"_L1, u"🍕"_s}};
        const RestResponse response = carl.put(pathOf(u"carl/status"_s), away);
        QCOMPARE(response.status, 200);
        QCOMPARE(response.json(), carl.get(pathOf(u"carl"_s)).json());
        QCOMPARE(response.json()["status"_L1], "away"_L1);
    }

    void whatAStatusLeavesOutStaysAndNullClears()
    {
        beat(u"dora"_s);
        RestClient dora = m_fixture.as(u"dora"_s);
        const QString path = pathOf(u"dora/status"_s);
        dora.put(path,
                 {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "m"_L1}, {"emoji"_L1, "e"_L1}});
        QJsonObject now
            = dora.put(path, {{"status"_L1, "away"_L1}, {"emoji"_L1, QJsonValue::Null}}).json();
        QCOMPARE(now["custom_message"_L1], "m"_L1);
        QCOMPARE(now["emoji"_L1], QJsonValue(QJsonValue::Null));
        now = dora.put(path, {{"status"_L1, "away"_L1}, {"custom_message"_L1, ""_L1}}).json();
        QCOMPARE(now["custom_message"_L1], QJsonValue(QJsonValue::Null));
    }

    void theLargestStatusIsTaken()
    {
        beat(u"emil"_s);
        // Characters, not UTF-16 units.
        const QString longest = u"🎯"_s.repeated(140);
        const RestResponse response
            = m_fixture.as(u"emil"_s).put(pathOf(u"emil/status"_s),
                                          {{"status"_L1, "busy"_L1},
                                           {"custom_message"_L1, longest},
                                           {"emoji"_L1, u"🎯"_s.repeated(16)},
                                           {"clear_after"_L1, 2'592'000}});
        QCOMPARE(response.status, 200);
        QCOMPARE(response.json()["custom_message"_L1], longest);
    }

    void aStatusIsOverWhenClearAfterIs()
    {
        beat(u"fay"_s);
        RestClient fay = m_fixture.as(u"fay"_s);
        const QJsonObject brief{
            {"status"_L1, "busy"_L1}, {"custom_message"_L1, "m"_L1}, {"clear_after"_L1, 1}};
        QCOMPARE(fay.put(pathOf(u"fay/status"_s), brief).json()["status"_L1], "busy"_L1);
        QTRY_COMPARE_WITH_TIMEOUT(fay.get(pathOf(u"fay"_s)).json()["status"_L1], "online"_L1,
                                  20'000);
        QCOMPARE(fay.get(pathOf(u"fay"_s)).json()["custom_message"_L1],
                 QJsonValue(QJsonValue::Null));
    }

    void aDeletedStatusIsOnlineWithoutAMessage()
    {
        beat(u"gus"_s);
        RestClient gus = m_fixture.as(u"gus"_s);
        gus.put(pathOf(u"gus/status"_s), {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "m"_L1}});
        const RestResponse response = gus.del(pathOf(u"gus/status"_s));
        QCOMPARE(response.status, 200);
        QCOMPARE(response.json()["status"_L1], "online"_L1);
        QCOMPARE(response.json()["custom_message"_L1], QJsonValue(QJsonValue::Null));
    }

    void aHeartbeatIsAnsweredWithNothing()
    {
        const RestResponse response
            = m_fixture.as(u"hal"_s).post(u"/api/presence/heartbeat"_s, {{"device_id"_L1, "d"_L1}});
        QCOMPARE(response.status, 204);
        QCOMPARE(response.body, QByteArray());
        QCOMPARE(m_fixture.as(u"bob"_s).get(pathOf(u"hal"_s)).json()["status"_L1], "online"_L1);
    }

    void theLastDeviceThatIsSignedOffTakesTheUserAlong()
    {
        beat(u"ida"_s, u"web:1"_s);
        beat(u"ida"_s, u"web:2"_s);
        RestClient ida = m_fixture.as(u"ida"_s);
        QCOMPARE(ida.del(pathOf(u"ida/devices/web:1"_s)).status, 204);
        QCOMPARE(ida.get(pathOf(u"ida"_s)).json()["status"_L1], "online"_L1);
        QCOMPARE(ida.del(pathOf(u"ida/devices/web:2"_s)).status, 204);
        QCOMPARE(ida.get(pathOf(u"ida"_s)).json()["status"_L1], "offline"_L1);
        QCOMPARE(ida.del(pathOf(u"ida/devices/web:2"_s)).status, 204);
    }

    void allDevicesAreSignedOffAtOnce()
    {
        beat(u"ivy"_s, u"web:1"_s);
        beat(u"ivy"_s, u"web:2"_s);
        RestClient ivy = m_fixture.as(u"ivy"_s);
        QCOMPARE(ivy.del(pathOf(u"ivy/devices"_s)).status, 204);
        QCOMPARE(ivy.get(pathOf(u"ivy"_s)).json()["status"_L1], "offline"_L1);
        QCOMPARE(ivy.del(pathOf(u"ivy/devices"_s)).status, 204);
    }

    void aServiceActsForAnyUser()
    {
        RestClient service = m_fixture.as(u"bot"_s, kService);
        const QJsonObject heartbeat{{"user_id"_L1, "jan"_L1}, {"device_id"_L1, "d"_L1}};
        QCOMPARE(service.post(u"/api/presence/heartbeat"_s, heartbeat).status, 204);
        QCOMPARE(service.put(pathOf(u"jan/status"_s), {{"status"_L1, "busy"_L1}}).status, 200);
        QCOMPARE(service.get(pathOf(u"jan"_s)).json()["status"_L1], "busy"_L1);
        QCOMPARE(service.del(pathOf(u"jan/status"_s)).status, 200);
        QCOMPARE(service.del(pathOf(u"jan/devices/d"_s)).status, 204);
    }

    void othersSeeAnInvisibleUserAsOneThatLeft()
    {
        beat(u"kim"_s);
        RestClient kim = m_fixture.as(u"kim"_s);
        kim.put(pathOf(u"kim/status"_s), {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "a"_L1}});
        kim.put(pathOf(u"kim/status"_s),
                {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "secret"_L1}});
        const QJsonObject hidden = m_fixture.as(u"bob"_s).get(pathOf(u"kim"_s)).json();
        QCOMPARE(hidden["status"_L1], "offline"_L1);
        QCOMPARE(hidden["devices"_L1], QJsonArray());
        QCOMPARE(hidden["custom_message"_L1], "a"_L1);
        QCOMPARE(m_fixture.as(u"bot"_s, kService).get(pathOf(u"kim"_s)).json(), hidden);

        const QJsonObject truth = kim.get(pathOf(u"kim"_s)).json();
        QCOMPARE(truth["status"_L1], "invisible"_L1);
        QCOMPARE(truth["custom_message"_L1], "secret"_L1);
        QCOMPARE(truth["devices"_L1].toArray().size(), 1);
        QCOMPARE(m_fixture.as(u"root"_s, kAdmin).get(pathOf(u"kim"_s)).json(), truth);
    }

    void lastSeenStandsStillWhileInvisible()
    {
        beat(u"lea"_s);
        RestClient bob = m_fixture.as(u"bob"_s);
        m_fixture.as(u"lea"_s).put(pathOf(u"lea/status"_s), {{"status"_L1, "invisible"_L1}});
        const QJsonObject hidden = bob.get(pathOf(u"lea"_s)).json();
        // A later second, by Redis' clock, is what could betray it.
        const qint64 second = m_fixture.now();
        QTRY_VERIFY(m_fixture.now() > second);
        beat(u"lea"_s);
        QCOMPARE(bob.get(pathOf(u"lea"_s)).json(), hidden);
    }

private:
    void beat(const QString &user, const QString &device = u"web:1"_s)
    {
        const RestResponse response
            = m_fixture.as(user).post(u"/api/presence/heartbeat"_s,
                                      {{"device_id"_L1, device}, {"workspace_id"_L1, "acme"_L1}});
        QCOMPARE(response.status, 204);
    }

    DaemonFixture m_fixture;
};

PRESENCE_TEST(TestRestUsers)
#include "tst_restusers.moc"
