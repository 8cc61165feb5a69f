// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/mongo.h"
#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/asyncclient.h"
#include "tests/support/mongoserver.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/pubsublog.h"
#include "tests/support/testregistry.h"

#include <QElapsedTimer>
#include <QTest>

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;

static const QString kAlice = u"/api/presence/users/alice"_s;
static constexpr int kRecovery = 20'000; // ms

/// Daemons with a MongoDB beside them.
class TestArchive : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        QVERIFY2(MongoServer::isInstalled(), "tests/support/ferretdb.sh makes it");
        m_mongo.emplace();
        QVERIFY(m_mongo->start());
        m_fixture.emplace(environment(u"node-1"_s), RedisServer::Options{});
        QVERIFY(m_fixture->start());
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "healthy"_L1, kRecovery);
    }
    void cleanup()
    {
        m_fixture.reset();
        m_mongo.reset();
    }

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
        const QJsonArray recent = ask(u"get_user"_s)["changes"_L1].toArray();
        QVERIFY(recent.size() <= 40);
        const QJsonObject first = ask(u"get_history"_s);
        QCOMPARE(first["changes"_L1].toArray().size(), 100);
        QCOMPARE(first["changes"_L1][0], recent[0]);
        const QJsonObject second = ask(u"get_history"_s, {{"after"_L1, first["next"_L1]}});
        QCOMPARE(second["changes"_L1].toArray().size(), kChanges + 1 - 100);
        QVERIFY(second["next"_L1].isNull());
    }

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

    // And though MongoDB was away: then it is seen, which nobody can help, until it is back.
    void whatCouldNotBeAskedIsNotForgotten()
    {
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "x"_L1}});
        awaitArchived();
        m_mongo->kill();
        setStatus(u"bob"_s, {{"status"_L1, "busy"_L1}});
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "unavailable"_L1, kRecovery);
        m_fixture->cli({u"DEL"_s, u"presence:user:alice"_s, u"presence:user:alice:devices"_s});
        beat(u"alice"_s);
        QCOMPARE(m_fixture->as(u"eve"_s).get(kAlice).json()["status"_L1], "online"_L1);
        QVERIFY(m_mongo->start());
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "healthy"_L1, kRecovery);
        beat(u"alice"_s);
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->as(u"eve"_s).get(kAlice).json()["status"_L1],
                                  "offline"_L1, kRecovery);
        QTRY_COMPARE_WITH_TIMEOUT(as(u"alice"_s).get(kAlice).json()["custom_message"_L1], "x"_L1,
                                  kRecovery);
    }

    // The same by WebSocket, whose connection learns what the user is while nobody can be asked.
    void aConnectionIsPutRightWhenMongoDbIsBack()
    {
        setStatus(u"alice"_s, {{"status"_L1, "invisible"_L1}, {"custom_message"_L1, "x"_L1}});
        setStatus(u"carol"_s, {{"status"_L1, "busy"_L1}, {"custom_message"_L1, "keep me"_L1}});
        awaitArchived();
        m_mongo->kill();
        setStatus(u"bob"_s, {{"status"_L1, "busy"_L1}});
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "unavailable"_L1, kRecovery);
        for (const QString &user : {u"alice"_s, u"carol"_s})
            m_fixture->cli(
                {u"DEL"_s, u"presence:user:"_s + user, u"presence:user:%1:devices"_s.arg(user)});
        PhoenixClient client(m_fixture->daemon.port(), tokenFor(u"alice"_s));
        QVERIFY(client.open());
        const QString topic = u"presence:alice"_s;
        QCOMPARE(client.join(topic, {{u"device_id"_s, u"phone"_s}})["status"_L1], "ok"_L1);
        QCOMPARE(m_fixture->as(u"eve"_s).get(kAlice).json()["status"_L1], "online"_L1);
        QCOMPARE(client.push(topic, u"device_state"_s, {{u"state"_s, u"idle"_s}})["status"_L1],
                 "ok"_L1);
        // What a change leaves out is not lost either.
        QCOMPARE(as(u"carol"_s)
                     .put(u"/api/presence/users/carol/status"_s, {{"status"_L1, "away"_L1}})
                     .status,
                 200);
        QVERIFY(m_mongo->start());
        QTRY_COMPARE_WITH_TIMEOUT(m_fixture->as(u"eve"_s).get(kAlice).json()["status"_L1],
                                  "offline"_L1, kRecovery);
        QTRY_COMPARE_WITH_TIMEOUT(as(u"alice"_s).get(kAlice).json()["custom_message"_L1], "x"_L1,
                                  kRecovery);
        beat(u"carol"_s);
        const QJsonObject carol = as(u"carol"_s).get(u"/api/presence/users/carol"_s).json();
        QCOMPARE(carol["status"_L1], "away"_L1);
        QCOMPARE(carol["custom_message"_L1], "keep me"_L1);
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

    void presenceGoesOnWithoutIt_data()
    {
        QTest::addColumn<bool>("isFrozen");
        QTest::newRow("it is dead") << false;
        QTest::newRow("it does not answer") << true;
    }
    void presenceGoesOnWithoutIt()
    {
        QFETCH(bool, isFrozen);
        setStatus(u"alice"_s, {{"status"_L1, "busy"_L1}});
        awaitArchived();
        if (isFrozen)
            m_mongo->freeze();
        else
            m_mongo->kill();
        for (int i = 0; i < 20; ++i) {
            setStatus(u"user-%1"_s.arg(i), {{"status"_L1, "away"_L1}});
            QCOMPARE(as(u"bob"_s).get(u"/api/presence/users/user-%1"_s.arg(i)).json()["status"_L1],
                     "away"_L1);
        }
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "unavailable"_L1, kRecovery);
        QCOMPARE(m_fixture->asNobody().get(u"/health"_s).status, 200);
        QCOMPARE(as(u"alice"_s).get(kAlice + u"/history"_s).status, 503);
        if (isFrozen)
            m_mongo->thaw();
        else
            QVERIFY(m_mongo->start());
        QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "healthy"_L1, kRecovery);
        for (int i = 0; i < 20; ++i)
            QTRY_COMPARE_WITH_TIMEOUT(
                history(u"user-%1"_s.arg(i)).first().toObject()["status"_L1].toString(), "away"_L1,
                kRecovery);
    }

    // Each change is written once, whoever dies when, at a thousand changes a second.
    void noChangeIsLostWhoeverDies()
    {
        DaemonProcess other(m_fixture->with(environment(u"node-2"_s)));
        QVERIFY(other.start());
        // ARCHIVE_CHANGES: as many, for a long test.
        const int changes = qEnvironmentVariableIsSet("ARCHIVE_CHANGES")
            ? qEnvironmentVariableIntValue("ARCHIVE_CHANGES")
            : 1000;
        constexpr int kUsers = 40;
        std::vector<std::unique_ptr<AsyncClient>> clients;
        for (int user = 0; user < kUsers; ++user) {
            const QString name = u"user-%1"_s.arg(user);
            auto &client = clients.emplace_back(std::make_unique<AsyncClient>(
                m_fixture->daemon.port(), tokenFor(name), [](const auto &...) {}));
            const QString ref = client->join(u"presence:"_s + name);
            QTRY_VERIFY_WITH_TIMEOUT(client->reply(ref).has_value(), kRecovery);
        }
        std::vector<QString> refs;
        QElapsedTimer time;
        time.start();
        while (refs.size() < static_cast<size_t>(changes)) {
            const int i = static_cast<int>(refs.size());
            refs.push_back(clients[size_t(i % kUsers)]->push(
                u"presence:user-%1"_s.arg(i % kUsers), u"set_status"_s,
                {{"status"_L1, "busy"_L1}, {"custom_message"_L1, QString::number(i)}}));
            if (time.elapsed() < i)
                QTest::qWait(10);
            if (i == changes * 80 / 300 || i == changes * 220 / 300)
                m_mongo->kill();
            if (i == changes * 120 / 300)
                other.kill();
            if (i == changes * 160 / 300 || i == changes * 240 / 300)
                QVERIFY(m_mongo->start());
        }
        qInfo("%d changes in %lld ms", changes, time.elapsed());
        for (int i = 0; i < changes; ++i) {
            const auto &client = clients[size_t(i % kUsers)];
            QTRY_VERIFY_WITH_TIMEOUT(client->reply(refs[size_t(i)]).has_value(), kRecovery);
            QCOMPARE(client->reply(refs[size_t(i)])->value("status"_L1), "ok"_L1);
        }
        QStringList missing;
        const auto written = [&] {
            QMap<QString, int> count;
            for (int user = 0; user < kUsers; ++user) {
                for (const auto &row : wholeHistory(u"user-%1"_s.arg(user)))
                    ++count[row["custom_message"_L1].toString()];
            }
            missing.clear();
            for (int i = 0; i < changes; ++i) {
                if (count.value(QString::number(i)) != 1)
                    missing += u"%1: %2"_s.arg(i).arg(count.value(QString::number(i)));
            }
            return missing.isEmpty();
        };
        // What the dead node has read is taken over after half a minute.
        QTRY_COMPARE_WITH_TIMEOUT(waiting(), 0, 300'000);
        QTRY_VERIFY2_WITH_TIMEOUT(written(), qPrintable(missing.mid(0, 20).join(u", "_s)), 90'000);
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

private:
    DaemonProcess::Environment environment(const QString &node) const
    {
        return {{u"MONGODB_URI"_s, m_mongo->uri()},  {u"NODE_NAME"_s, node},
                {u"HEARTBEAT_INTERVAL"_s, u"500"_s}, {u"PRESENCE_TTL"_s, u"300"_s},
                {u"PRESENCE_SHARDS"_s, u"1"_s},      {u"LOG_LEVEL"_s, u"info"_s}};
    }

    RestClient as(const QString &user) const { return m_fixture->as(user); }

    void beat(const QString &user)
    {
        QCOMPARE(as(user)
                     .post(u"/api/presence/heartbeat"_s,
                           {{"device_id"_L1, "web"_L1}, {"workspace_id"_L1, "acme"_L1}})
                     .status,
                 204);
    }

    /// Of a user that is there.
    void setStatus(const QString &user, const QJsonObject &status)
    {
        beat(user);
        QCOMPARE(as(user).put(u"/api/presence/users/%1/status"_s.arg(user), status).status, 200);
    }

    QString archiveState() const
    {
        return m_fixture->asNobody().get(u"/health"_s).json()["archive"_L1].toString();
    }

    /// Changes that are not in MongoDB yet.
    int waiting() const
    {
        int count = 0;
        const QByteArray streams = m_fixture->cli({u"KEYS"_s, u"presence:stream*"_s});
        for (const QByteArray &key : streams.split('\n')) {
            if (!key.isEmpty() && !key.endsWith(":acknowledged") && !key.endsWith(":consumers"))
                count += m_fixture->cli({u"XLEN"_s, QString::fromLatin1(key)}).toInt();
        }
        return count;
    }

    void awaitArchived() { QTRY_COMPARE_WITH_TIMEOUT(waiting(), 0, kRecovery); }

    /// After a loss, nodes have time to say who is there.
    void awaitReadable()
    {
        QTRY_COMPARE_WITH_TIMEOUT(as(u"bob"_s).get(u"/api/presence/users/zoe"_s).status, 503,
                                  kRecovery);
        QTRY_COMPARE_WITH_TIMEOUT(as(u"bob"_s).get(u"/api/presence/users/zoe"_s).status, 200,
                                  kRecovery);
    }

    QJsonArray history(const QString &user, int limit = 100)
    {
        return as(user)
            .get(u"/api/presence/users/%1/history?limit=%2"_s.arg(user).arg(limit))
            .json()["history"_L1]
            .toArray();
    }

    /// All pages.
    QJsonArray wholeHistory(const QString &user)
    {
        const QString path = u"/api/presence/users/%1/history?limit=1000"_s.arg(user);
        QJsonArray rows;
        QString next;
        do {
            const QJsonObject page
                = as(user).get(next.isEmpty() ? path : path + u"&cursor="_s + next).json();
            for (const auto &row : page["history"_L1].toArray())
                rows.append(row);
            next = page["next"_L1].toString();
        } while (!next.isEmpty());
        return rows;
    }

    /// The newest first.
    QString types(const QString &user)
    {
        QStringList types;
        for (const auto &row : history(user))
            types.append(row["type"_L1].toString());
        return types.join(u' ');
    }

    std::optional<MongoServer> m_mongo;
    std::optional<DaemonFixture> m_fixture;
};

PRESENCE_TEST(TestArchive)
#include "tst_archive.moc"
