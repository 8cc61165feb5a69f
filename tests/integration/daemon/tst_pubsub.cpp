// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/storefixture.h"
#include "tests/support/testregistry.h"

#include <QJsonDocument>
#include <QRegularExpression>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// What other services read on the Pub/Sub channels of the seed.
class TestPubSub : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_fixture.emplace();
        QVERIFY(m_fixture->start());
        m_log.emplace(m_fixture->redis,
                      QByteArrayList{"presence:updates", "presence:status", "presence:typing"});
        QVERIFY(m_user.emplace(m_fixture->daemon.port(), tokenFor(u"42"_s)).open());
        const QJsonObject device{{"device_id"_L1, "web:1"_L1}, {"workspace_id"_L1, "acme"_L1}};
        QCOMPARE(m_user->join(u"presence:42"_s, device)["status"_L1], "ok"_L1);
    }
    void cleanup()
    {
        m_user.reset();
        m_log.reset();
        m_fixture.reset();
    }

    void aUserWhoComesIsAStatusAndAnUpdate()
    {
        QCOMPARE(
            take("presence:status", 0),
            R"({"user_id":"42","status":"online","custom_message":null,"emoji":null,)"
            R"("expires_at":null,"kinds":["web"],"last_seen":N,"updated_at":N,"revision":N})"_ba);
        QCOMPARE(take("presence:updates", 0),
                 R"({"user_id":"42","workspace_id":"acme","status":"online",)"
                 R"("custom_message":null,"emoji":null,"expires_at":null,"kinds":["web"],)"
                 R"("timestamp":N,"sequence":N})"_ba);
    }

    void aStatusThatIsSetIsPublishedOnce()
    {
        const QJsonObject busy{
            {"status"_L1, "busy"_L1}, {"custom_message"_L1, "Deep work"_L1}, {"emoji"_L1, u"🎯"_s}};
        m_fixture->as(u"42"_s).put(u"/api/presence/users/42/status"_s, busy);
        m_fixture->as(u"42"_s).put(u"/api/presence/users/42/status"_s, busy);
        m_fixture->as(u"42"_s).del(u"/api/presence/users/42/status"_s);
        QCOMPARE(
            take("presence:status", 1),
            R"({"user_id":"42","status":"busy","custom_message":"Deep work","emoji":"🎯",)"
            R"("expires_at":null,"kinds":["web"],"last_seen":N,"updated_at":N,"revision":N})"_ba);
        QCOMPARE(statusOf(take("presence:status", 2)), "online"_L1);
        QCOMPARE(statusOf(take("presence:updates", 1)), "busy"_L1);
        QCOMPARE(statusOf(take("presence:updates", 2)), "online"_L1);
    }

    void typingIsAStartAndAStop()
    {
        const QJsonObject room{{"channel_id"_L1, "7"_L1}};
        m_user->push(u"presence:42"_s, u"typing_start"_s, room);
        m_user->push(u"presence:42"_s, u"typing_start"_s, room);
        m_user->push(u"presence:42"_s, u"typing_stop"_s, room);
        QCOMPARE(take("presence:typing", 0),
                 R"({"channel_id":"7","user_id":"42","action":"start","timestamp":N})"_ba);
        QCOMPARE(take("presence:typing", 1),
                 R"({"channel_id":"7","user_id":"42","action":"stop","timestamp":N})"_ba);
    }

    void aUserWhoLeavesIsAStatusAndAnUpdate()
    {
        m_user.reset();
        QCOMPARE(statusOf(take("presence:status", 1)), "offline"_L1);
        QCOMPARE(statusOf(take("presence:updates", 1)), "offline"_L1);
    }

    void goingInvisibleLooksLikeLeaving()
    {
        m_fixture->as(u"42"_s).put(
            u"/api/presence/users/42/status"_s,
            {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "secret"_L1}});
        QCOMPARE(take("presence:status", 1),
                 R"({"user_id":"42","status":"offline","custom_message":null,"emoji":null,)"
                 R"("expires_at":null,"kinds":[],"last_seen":N,"updated_at":N,"revision":N})"_ba);
        m_user->push(u"presence:42"_s, u"typing_start"_s, {{"channel_id"_L1, "7"_L1}});
        m_fixture->as(u"42"_s).del(u"/api/presence/users/42/status"_s);
        QCOMPARE(statusOf(take("presence:status", 2)), "online"_L1);
        QCOMPARE(m_log->on("presence:typing"), QByteArrayList());
    }

private:
    /// Message `index` of a channel, once it is there, with its numbers made alike.
    QByteArray take(const QByteArray &channel, int index) const
    {
        static const QRegularExpression number(u":\\d+\\b"_s);
        if (!QTest::qWaitFor([&] { return m_log->on(channel).size() > index; }, 10'000))
            return "nothing was published";
        QString text = QString::fromUtf8(m_log->on(channel)[index]);
        return text.replace(number, u":N"_s).toUtf8();
    }

    static QString statusOf(QByteArray message)
    {
        message.replace(":N", ":0");
        return QJsonDocument::fromJson(message)["status"_L1].toString();
    }

    std::optional<DaemonFixture> m_fixture;
    std::optional<PubSubLog> m_log;
    std::optional<PhoenixClient> m_user;
};

PRESENCE_TEST(TestPubSub)
#include "tst_pubsub.moc"
