// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/documents.h"
#include "server/archive/mongosession.h"
#include "tests/integration/archive/archivetest.h"
#include "tests/support/asyncclient.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <map>

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// MongoDB is away, slow or dies, and so do nodes.
class TestMongoOutages : public ArchiveTest
{
    Q_OBJECT
private Q_SLOTS:
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

    // Each change is written once and in order, whoever dies when, at a thousand changes a second.
    void noChangeIsLostWhoeverDies()
    {
        DaemonProcess other(m_fixture->with(environment(u"node-2"_s)));
        QVERIFY(other.start());
        // ARCHIVE_CHANGES: as many, for a long test.
        const int changes = qEnvironmentVariableIsSet("ARCHIVE_CHANGES")
            ? qEnvironmentVariableIntValue("ARCHIVE_CHANGES")
            : 3000;
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
        const auto changeUntil = [&](int percent) {
            while (std::ssize(refs) < changes * percent / 100) {
                const int i = int(refs.size());
                refs.push_back(clients[size_t(i % kUsers)]->push(
                    u"presence:user-%1"_s.arg(i % kUsers), u"set_status"_s,
                    {{"status"_L1, "busy"_L1}, {"custom_message"_L1, QString::number(i)}}));
                if (time.elapsed() < i)
                    QTest::qWait(10);
            }
        };
        changeUntil(25);
        m_mongo->kill();
        changeUntil(40);
        other.kill();
        changeUntil(55);
        QVERIFY(m_mongo->start());
        changeUntil(75);
        m_mongo->kill();
        changeUntil(80);
        QVERIFY(m_mongo->start());
        changeUntil(100);
        qInfo("%d changes in %lld ms", changes, time.elapsed());
        for (int i = 0; i < changes; ++i) {
            const auto &client = clients[size_t(i % kUsers)];
            QTRY_VERIFY_WITH_TIMEOUT(client->reply(refs[size_t(i)]).has_value(), kRecovery);
            QCOMPARE(client->reply(refs[size_t(i)])->value("status"_L1), "ok"_L1);
        }
        // What the dead node has read is taken over after half a minute.
        QTRY_COMPARE_WITH_TIMEOUT(waiting(), 0, 120'000);
        qInfo("all of them are in MongoDB after %lld ms", time.elapsed());
        QCOMPARE(writtenChanges(), sequence(changes));
    }

private:
    static constexpr int kUsers = 40;

    static QByteArrayList sequence(int changes)
    {
        QByteArrayList numbers;
        for (int user = 0; user < kUsers; ++user) {
            for (int i = user; i < changes; i += kUsers)
                numbers.append(QByteArray::number(i));
        }
        return numbers;
    }

    /// By user, in the order of the history. Read from MongoDB in one go: FerretDB reads all rows
    /// for each page.
    QByteArrayList writtenChanges() const
    {
        const std::unique_ptr<mongoc_client_t, decltype(&mongoc_client_destroy)> client(
            mongoc_client_new(m_mongo->uri().toUtf8().constData()), &mongoc_client_destroy);
        const archive::Owned<mongoc_collection_t> history(
            mongoc_client_get_collection(client.get(), "presence", archive::kHistory));
        const archive::Bson filter(BCON_NEW("type", BCON_UTF8("status")));
        const archive::Owned<mongoc_cursor_t> cursor(
            mongoc_collection_find_with_opts(history.get(), filter.get(), nullptr, nullptr));
        using Moment = std::pair<Ms, QString>; // and the id
        std::map<int, std::map<Moment, QByteArray>> users;
        const bson_t *document = nullptr;
        while (mongoc_cursor_next(cursor.get(), &document)) {
            char *text = bson_as_relaxed_extended_json(document, nullptr);
            const QJsonObject row = QJsonDocument::fromJson(text).object();
            bson_free(text);
            const QString message = row["custom_message"_L1].toString();
            if (!message.isEmpty())
                users[row["user_id"_L1].toString().section(u'-', 1).toInt()]
                     [{archive::momentOf(row), row["_id"_L1].toString()}]
                    = message.toLatin1();
        }
        QByteArrayList numbers;
        for (const auto &[user, messages] : users) {
            for (const auto &[moment, message] : messages)
                numbers.append(message);
        }
        return numbers;
    }
};

PRESENCE_TEST(TestMongoOutages)
#include "tst_mongo_outages.moc"
