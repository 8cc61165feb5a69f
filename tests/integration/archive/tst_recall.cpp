// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/archive/archivetest.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/pubsublog.h"
#include "tests/support/testregistry.h"

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// Users of whom Redis no longer knows.
class TestRecall : public ArchiveTest
{
    Q_OBJECT
private Q_SLOTS:
    void aRedisThatIsEmptiedIsToldAgain()
    {
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "x"_L1}});
        QCOMPARE(as(u"bob"_s)
                     .put(u"/api/presence/users/bob/status"_s,
                          {{"status"_L1, "away"_L1}, {"clear_after"_L1, 3000}})
                     .status,
                 200);
        beat(u"bob"_s);
        const QJsonObject before = as(u"alice"_s).get(kAlice).json();
        awaitArchived();
        m_fixture->cli({u"FLUSHALL"_s});
        PubSubLog log(m_fixture->redis, {"presence:status", "presence:updates"});
        awaitReadable();
        QCOMPARE(m_fixture->as(u"eve"_s)
                         .get(u"/api/presence/users/bob"_s)
                         .json()["last_seen"_L1]
                         .toInteger()
                     > 0,
                 true);
        // She comes back, and nobody sees her.
        beat(u"alice"_s);
        const QJsonObject seen = m_fixture->as(u"eve"_s).get(kAlice).json();
        QCOMPARE(seen["status"_L1], "offline"_L1);
        QCOMPARE(seen["last_seen"_L1], before["last_seen"_L1]);
        QCOMPARE(as(u"alice"_s).get(kAlice).json()["status"_L1], "invisible"_L1);
        QTRY_COMPARE_WITH_TIMEOUT(as(u"alice"_s).get(kAlice).json()["custom_message"_L1], "x"_L1,
                                  kRecovery);
        for (const auto &[channel, message] : log.messages)
            QVERIFY2(!message.contains("alice"), message.constData());
        beat(u"bob"_s);
        QCOMPARE(m_fixture->as(u"eve"_s).get(u"/api/presence/users/bob"_s).json()["status"_L1],
                 "away"_L1);
        QVERIFY(m_fixture->cli({u"HGET"_s, u"presence:user:bob"_s, u"expires_at"_s}).toLongLong()
                > 0);
    }

    // A daemon that has just started does not show who hid before.
    void whoHidBeforeEverythingRestartedIsNotSeen()
    {
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "x"_L1}});
        awaitArchived();
        QCOMPARE(m_fixture->daemon.stop(), 0);
        m_fixture->cli({u"FLUSHALL"_s});
        QVERIFY(m_fixture->daemon.start());
        beat(u"alice"_s);
        QCOMPARE(m_fixture->as(u"eve"_s).get(kAlice).json()["status"_L1], "offline"_L1);
        QTRY_COMPARE_WITH_TIMEOUT(as(u"alice"_s).get(kAlice).json()["custom_message"_L1], "x"_L1,
                                  kRecovery);
    }

    void whatAChangeLeavesOutComesFromTheArchive()
    {
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "keep me"_L1}});
        awaitArchived();
        m_fixture->cli({u"DEL"_s, u"presence:user:alice"_s, u"presence:user:alice:devices"_s});
        const auto answer = as(u"alice"_s).put(kAlice + u"/status"_s, {{"status"_L1, "away"_L1}});
        QCOMPARE(answer.json()["custom_message"_L1], "keep me"_L1);
        QVERIFY(answer.json()["last_seen"_L1].toInteger() > 0);
    }

    // By that it is seen by those of its workspaces alone.
    void whereItWasLastComesFromTheArchive()
    {
        beat(u"alice"_s);
        QCOMPARE(as(u"alice"_s).del(kAlice + u"/devices"_s).status, 204);
        const QByteArray places
            = m_fixture->cli({u"HGET"_s, u"presence:user:alice"_s, u"last_places"_s});
        QVERIFY(!places.isEmpty());
        awaitArchived();
        m_fixture->cli({u"DEL"_s, u"presence:user:alice"_s, u"presence:user:alice:devices"_s});
        QVERIFY(m_fixture->as(u"eve"_s).get(kAlice).json()["last_seen"_L1].toInteger() > 0);
        QCOMPARE(m_fixture->cli({u"HGET"_s, u"presence:user:alice"_s, u"last_places"_s}), places);
    }

    // What was read of an evicted user is no event.
    void readingIsNotRemembered()
    {
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}});
        awaitArchived();
        const auto before = history(u"alice"_s);
        for (int i = 0; i < 3; ++i) {
            m_fixture->cli({u"DEL"_s, u"presence:user:alice"_s, u"presence:user:alice:devices"_s});
            QVERIFY(m_fixture->as(u"eve"_s).get(kAlice).json()["last_seen"_L1].toInteger() > 0);
        }
        awaitArchived();
        QCOMPARE(history(u"alice"_s), before);
    }

    // The newest change may not be in MongoDB yet.
    void aChangeThatWaitsGoesBeforeTheArchive()
    {
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}});
        awaitArchived();
        m_mongo->freeze();
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}});
        m_fixture->cli({u"DEL"_s, u"presence:user:alice"_s, u"presence:user:alice:devices"_s});
        m_mongo->thaw();
        beat(u"alice"_s);
        QCOMPARE(m_fixture->as(u"eve"_s).get(kAlice).json()["status"_L1], "offline"_L1);
    }

    // By its whole id, or the beginning of it.
    void operatorsFindWhomRedisHasForgotten()
    {
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}});
        setStatus(u"alina"_s, {{"status"_L1, "busy"_L1}});
        awaitArchived();
        const auto names = [this](const QString &text) {
            QStringList found;
            for (const QJsonValue &user : search(text)["archived"_L1].toArray())
                found.append(user["user_id"_L1].toString());
            return found;
        };
        QCOMPARE(names(u"al"_s), QStringList());
        m_fixture->cli({u"DEL"_s, u"presence:user:alice"_s, u"presence:user:alice:devices"_s});
        const QJsonObject found = search(u"alice"_s);
        QVERIFY(found["archived"_L1][0]["last_seen"_L1].toInteger() > 0);
        QCOMPARE(found["archive_away"_L1], false);
        QCOMPARE(names(u"alice"_s), QStringList{u"alice"_s});
        QCOMPARE(names(u"al"_s), QStringList{u"alice"_s});
        QCOMPARE(names(u"Al"_s), QStringList());
        m_mongo->freeze();
        QElapsedTimer timer;
        timer.start();
        const QJsonObject without = search(u"al"_s);
        QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
        m_mongo->thaw();
        QCOMPARE(without["archive_away"_L1], true);
        QVERIFY(without["users"_L1].toArray().contains("alina"_L1));
    }

    void anUnknownUserIsAskedForOnce()
    {
        for (int i = 0; i < 3; ++i)
            QCOMPARE(as(u"bob"_s).get(u"/api/presence/users/nobody"_s).json()["status"_L1],
                     "offline"_L1);
        // That it is not known is remembered by the node, not in Redis.
        QCOMPARE(m_fixture->cli({u"KEYS"_s, u"presence:user:nobody*"_s}), "");
        // Who was not there yet is shown at once.
        beat(u"nobody"_s);
        QTRY_COMPARE_WITH_TIMEOUT(
            as(u"bob"_s).get(u"/api/presence/users/nobody"_s).json()["status"_L1], "online"_L1,
            kRecovery);
    }

private:
    /// All parts, each list in one.
    QJsonObject search(const QString &text) const
    {
        PhoenixClient desk(m_fixture->daemon.port(),
                           tokenFor(u"root"_s, {{"scope"_L1, "admin"_L1}}));
        if (!desk.open())
            return {};
        desk.join(u"admin:overview"_s);
        QJsonArray users;
        QJsonArray archived;
        bool isAway = false;
        QString after;
        do {
            const QJsonObject part
                = desk.push(u"admin:overview"_s, u"search"_s,
                            {{"text"_L1, text}, {"after"_L1, after}})["response"_L1]
                      .toObject();
            for (const QJsonValue &user : part["users"_L1].toArray())
                users.append(user);
            for (const QJsonValue &user : part["archived"_L1].toArray())
                archived.append(user);
            isAway = isAway || part["archive_away"_L1].toBool();
            after = part["next"_L1].toString();
        } while (!after.isEmpty());
        return {{"users"_L1, users}, {"archived"_L1, archived}, {"archive_away"_L1, isAway}};
    }
};

PRESENCE_TEST(TestRecall)
#include "tst_recall.moc"
