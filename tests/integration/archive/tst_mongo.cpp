// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/archive/documents.h"
#include "tests/support/mongoserver.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace presence::archive;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// What is written to a real server, and read from it.
class TestMongo : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(MongoServer::isInstalled(), "tests/support/ferretdb.sh makes it");
        QVERIFY(m_server.start());
        auto mongo = Mongo::make({.uri = m_server.uri().toUtf8()});
        QVERIFY(mongo);
        m_mongo = *std::move(mongo);
        QVERIFY(m_mongo->prepare());
        QVERIFY(m_mongo->prepare()); // every node does
    }
    void cleanupTestCase() { m_mongo.reset(); }
    void init() { m_user = UserId("user-" + QByteArray::number(++m_users)); }

    // Entries come again, and those of two nodes in any order.
    void theNewestStateStays()
    {
        for (const int revision : {2, 3, 1, 3}) {
            const auto written = write({change(revision, "busy " + QByteArray::number(revision))});
            QVERIFY2(written, written ? "" : qPrintable(written.error().detail));
        }
        const auto users = m_mongo->findUsers({m_user, UserId("43")});
        QVERIFY(users);
        QCOMPARE(users->size(), size_t(1));
        const auto user = toArchivedUser(users->front());
        QVERIFY(user);
        QCOMPARE(user->customMessage, "busy 3");
        QCOMPARE(user->revision, kAt * 1000 + 3);
    }

    void whatHappenedIsKeptOnce()
    {
        const auto changes = std::vector{change(1, "a"), change(2, "b")};
        QVERIFY(write(changes));
        QVERIFY(write(changes));
        QCOMPARE(messages(), (QByteArrayList{"b", "a"}));
    }

    void pagesFollowOneAnother()
    {
        std::vector<Change> changes;
        for (int i = 1; i <= 25; ++i) // many in the same millisecond
            changes.push_back(change(i, QByteArray::number(i)));
        QVERIFY(write(changes));
        HistoryQuery query{.user = m_user, .limit = 10};
        QByteArrayList all;
        while (true) {
            const auto page = m_mongo->findHistory(query);
            QVERIFY(page);
            for (const QJsonObject &row : *page)
                all.append(row["custom_message"_L1].toString().toUtf8());
            if (page->size() < 10)
                break;
            query.after = {momentOf(page->back()), page->back()["_id"_L1].toString().toUtf8()};
        }
        QCOMPARE(all.size(), 25);
        for (int i = 0; i < 25; ++i)
            QCOMPARE(all[i], QByteArray::number(25 - i));
    }

    // The rest is written all the same.
    void aDocumentThatIsRefusedIsKeptAside()
    {
        auto documents = toDocuments({change(1, "a"), change(2, "b")}, true, {});
        Document bad = documents.back();
        bad.id = m_user.bytes() + "/bad";
        bad.json = R"({"_id":["no array"],"user_id":"x"})";
        documents.insert(documents.begin() + 1, bad);
        const auto refused = m_mongo->write(documents);
        QVERIFY2(refused, refused ? "" : qPrintable(refused.error().detail));
        QCOMPARE(refused->size(), size_t(1));
        QCOMPARE(refused->front().document.id, bad.id);
        QVERIFY(m_mongo->reject(*refused));
        QCOMPARE(messages(), (QByteArrayList{"b", "a"}));
    }

    // Whoever writes it late, and though it was read before.
    void anErasedUserStaysErased()
    {
        QVERIFY(write({change(1, "before")}));
        QVERIFY(m_mongo->erase(m_user, Ms(kAt + 5)));
        QVERIFY(write({change(2, "late")}));
        QCOMPARE(messages(), QByteArrayList());
        QVERIFY(m_mongo->findUsers({m_user})->empty());
        QVERIFY(write({change(3, "new", kAt + 6)}));
        QCOMPARE(messages(), QByteArrayList{"new"});
        QCOMPARE(m_mongo->findUsers({m_user})->size(), size_t(1));
    }

    void whatIsTooOldIsPurged()
    {
        QVERIFY(write({change(1, "old"), change(2, "new", kAt + 10'000)}));
        QVERIFY(m_mongo->purge(Ms(kAt + 5'000) + m_mongo->config().historyTtl));
        QCOMPARE(messages(), QByteArrayList{"new"});
    }

    void speaksTls()
    {
        if (qEnvironmentVariableIsSet("MONGO_SERVER"))
            QSKIP("FerretDB alone has certificates");
        MongoServer server(MongoServer::Transport::Tls);
        QVERIFY(server.start());
        const auto isUsable = [](const QString &uri) {
            const auto mongo = Mongo::make({.uri = uri.toUtf8()});
            return mongo && (*mongo)->ping().has_value();
        };
        QVERIFY(isUsable(server.uri()));
        QVERIFY(!isUsable(server.uri().replace(u"tls=true"_s, u"tls=false"_s)));
        // A certificate that nobody it knows has signed.
        QVERIFY(!isUsable(server.uri().replace(u"ca.crt"_s, u"client.crt"_s)));
    }

    void aServerThatIsAwayIsSaidToBe()
    {
        m_server.kill();
        const auto written = write({change(1, "a")});
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::Unavailable);
        QVERIFY(m_server.start());
        QTRY_VERIFY_WITH_TIMEOUT(write({change(1, "a")}), 10'000);
        QCOMPARE(messages(), QByteArrayList{"a"});
    }

private:
    static constexpr qint64 kAt = 1'800'000'000'000; // ms

    /// A status, as resources/lua/user/record.lua has it.
    Change change(int revision, const QByteArray &message, qint64 at = kAt)
    {
        QByteArray json
            = R"({"user_id":"%4","at":%1,"revision":"%2","state":{"status":"busy","custom_message":"%3",
                  "emoji":null,"expires_at":null,"last_seen":5,"updated_at":6,"shown":{"status":"busy",
                  "custom_message":"%3","emoji":null}},"status":"set","published":true})";
        json.replace("%1", QByteArray::number(at))
            .replace("%2", QByteArray::number(kAt * 1000 + revision))
            .replace("%3", message)
            .replace("%4", m_user.bytes());
        return {"presence:stream", QByteArray::number(at) + '-' + QByteArray::number(revision),
                json};
    }

    Result<std::vector<Rejection>> write(const std::vector<Change> &changes)
    {
        return m_mongo->write(toDocuments(changes, true, {}));
    }

    /// The newest first.
    QByteArrayList messages()
    {
        QByteArrayList messages;
        for (const QJsonObject &row :
             m_mongo->findHistory({.user = m_user}).value_or(std::vector<QJsonObject>()))
            messages.append(row["custom_message"_L1].toString().toUtf8());
        return messages;
    }

    UserId m_user; ///< of the test
    int m_users = 0;
    MongoServer m_server;
    std::unique_ptr<Mongo> m_mongo;
};

PRESENCE_TEST(TestMongo)
#include "tst_mongo.moc"
