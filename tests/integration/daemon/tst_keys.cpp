// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>
#include <QTest>

using namespace presence::test;
using namespace Qt::StringLiterals;

static const QString kTopic = u"presence:42"_s;

/// The keys of the seed, as its other readers and writers know them.
class TestKeys : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        m_start = m_fixture.now();
        QVERIFY(m_user.emplace(m_fixture.daemon.port(), tokenFor(u"42"_s)).open());
        const QJsonObject device{{"device_id"_L1, "web:browser_123"_L1},
                                 {"workspace_id"_L1, "acme"_L1}};
        QCOMPARE(m_user->join(kTopic, device)["status"_L1], "ok"_L1);
    }
    void cleanupTestCase()
    {
        m_user.reset();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

    void aUserIsAHash()
    {
        setStatus({{"status"_L1, "busy"_L1},
                   {"custom_message"_L1, "In a \"meeting\""_L1},
                   {"emoji"_L1, u"📞"_s}});
        const QString key = u"presence:user:42"_s;
        QCOMPARE(cli({u"TYPE"_s, key}), "hash"_ba);
        QCOMPARE(cli({u"HGET"_s, key, u"status"_s}), "busy"_ba);
        QCOMPARE(cli({u"HGET"_s, key, u"custom_message"_s}), "In a \"meeting\""_ba);
        QCOMPARE(cli({u"HGET"_s, key, u"emoji"_s}), u"📞"_s.toUtf8());
        QVERIFY(isRecent(cli({u"HGET"_s, key, u"last_seen"_s})));
        QVERIFY(isRecent(cli({u"HGET"_s, key, u"updated_at"_s})));
        // What is cleared is gone, not empty.
        setStatus({{"status"_L1, "busy"_L1}, {"custom_message"_L1, ""_L1}});
        QCOMPARE(cli({u"HEXISTS"_s, key, u"custom_message"_s}), "0"_ba);
    }

    void devicesAreASortedSetOfHeartbeats()
    {
        const QString key = u"presence:user:42:devices"_s;
        QCOMPARE(cli({u"TYPE"_s, key}), "zset"_ba);
        verifyOnlyMember(key, "web:browser_123");
        const int ttl = cli({u"TTL"_s, key}).toInt();
        QVERIFY(ttl > 0 && ttl <= 60);
    }

    void onlineUsersAreASortedSetOfHeartbeats()
    {
        QTRY_COMPARE(cli({u"TYPE"_s, u"presence:online:acme"_s}), "zset"_ba);
        verifyOnlyMember(u"presence:online:acme"_s, "42");
    }

    void viewersAreASortedSetOfRefreshes()
    {
        say(u"join_channel"_s, {{"channel_id"_L1, "7"_L1}});
        QCOMPARE(cli({u"TYPE"_s, u"presence:channel:7"_s}), "zset"_ba);
        verifyOnlyMember(u"presence:channel:7"_s, "42");
        say(u"leave_channel"_s, {{"channel_id"_L1, "7"_L1}});
        QCOMPARE(cli({u"EXISTS"_s, u"presence:channel:7"_s}), "0"_ba);
    }

    void typistsAreASetThatExpires()
    {
        say(u"typing_start"_s, {{"channel_id"_L1, "7"_L1}});
        QCOMPARE(cli({u"TYPE"_s, u"typing:7"_s}), "set"_ba);
        QCOMPARE(cli({u"SMEMBERS"_s, u"typing:7"_s}), "42"_ba);
        QVERIFY(cli({u"TTL"_s, u"typing:7"_s}).toInt() > 0);
        say(u"typing_stop"_s, {{"channel_id"_L1, "7"_L1}});
        QCOMPARE(cli({u"EXISTS"_s, u"typing:7"_s}), "0"_ba);
    }

    void statusExpiryIsASortedSetOfEnds()
    {
        const QString key = u"presence:status_expiry"_s;
        const qint64 before = m_fixture.now();
        setStatus({{"status"_L1, "busy"_L1}, {"clear_after"_L1, 3600}});
        QTRY_VERIFY(cli({u"ZSCORE"_s, key, u"42"_s}).toLongLong() >= before + 3600);
        QCOMPARE(cli({u"TYPE"_s, key}), "zset"_ba);
        const QByteArray end = cli({u"ZSCORE"_s, key, u"42"_s});
        QVERIFY(isWhole(end) && end.toLongLong() <= m_fixture.now() + 3600);
        setStatus({{"status"_L1, "busy"_L1}});
        QTRY_COMPARE(cli({u"ZSCORE"_s, key, u"42"_s}), ""_ba);
    }

    void everyKeyIsUnderAKnownPrefix()
    {
        for (const QByteArray &key : cli({u"KEYS"_s, u"*"_s}).split('\n'))
            QVERIFY2(key.startsWith("presence:") || key.startsWith("typing:"), key.constData());
    }

    void whatAnotherServiceWroteIsRead()
    {
        const QString now = QString::number(m_fixture.now());
        cli({u"HSET"_s, u"presence:user:old"_s, u"status"_s, u"away"_s, u"custom_message"_s,
             u"Lunch"_s, u"last_seen"_s, u"1704067200"_s, u"updated_at"_s, u"1704067200"_s});
        cli({u"ZADD"_s, u"presence:user:old:devices"_s, now, u"mobile:ios_456"_s, u"5"_s,
             u"web:gone"_s});
        cli({u"ZADD"_s, u"presence:online:legacy"_s, now, u"old"_s, u"5"_s, u"gone"_s});
        RestClient bob = m_fixture.as(u"bob"_s);
        QCOMPARE(bob.get(u"/api/presence/users/old"_s).json(),
                 (QJsonObject{{"user_id"_L1, "old"_L1},
                              {"status"_L1, "away"_L1},
                              {"custom_message"_L1, "Lunch"_L1},
                              {"emoji"_L1, QJsonValue::Null},
                              {"expires_at"_L1, QJsonValue::Null},
                              {"kinds"_L1, QJsonArray{u"mobile"_s}},
                              {"last_seen"_L1, 1'704'067'200},
                              {"devices"_L1,
                               QJsonArray{QJsonObject{{"id"_L1, "mobile:ios_456"_L1},
                                                      {"timestamp"_L1, now.toLongLong()}}}}}));
        const QJsonObject page = bob.get(u"/api/presence/workspace/legacy/online"_s).json();
        QCOMPARE(page["total"_L1], 1);
        QCOMPARE(page["users"_L1][0]["id"_L1], "old"_L1);
    }

private:
    QByteArray cli(const QStringList &arguments) const { return m_fixture.cli(arguments); }

    void say(const QString &event, const QJsonObject &payload)
    {
        QCOMPARE(m_user->push(kTopic, event, payload)["status"_L1], "ok"_L1);
    }
    void setStatus(const QJsonObject &status) { say(u"set_status"_s, status); }

    static bool isWhole(const QByteArray &text)
    {
        static const QRegularExpression digits(u"^\\d+$"_s);
        return digits.match(QString::fromLatin1(text)).hasMatch();
    }

    /// Whole seconds of Redis' clock, since the test began.
    bool isRecent(const QByteArray &text) const
    {
        return isWhole(text) && text.toLongLong() >= m_start
            && text.toLongLong() <= m_fixture.now();
    }

    void verifyOnlyMember(const QString &key, const QByteArray &member)
    {
        const QByteArrayList rows
            = cli({u"ZRANGE"_s, key, u"0"_s, u"-1"_s, u"WITHSCORES"_s}).split('\n');
        QCOMPARE(rows.size(), 2);
        QCOMPARE(rows[0], member);
        QVERIFY2(isRecent(rows[1]), rows[1].constData());
    }

    DaemonFixture m_fixture;
    qint64 m_start = 0;
    std::optional<PhoenixClient> m_user;
};

PRESENCE_TEST(TestKeys)
#include "tst_keys.moc"
