// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/mongoserver.h"
#include "tests/support/testregistry.h"

#include <QJsonArray>

using namespace presence::test;
using namespace Qt::StringLiterals;

static constexpr int kUsers = 12;
static constexpr int kPatience = 20'000; // ms

/// A cluster of which one master is away, and nobody takes over: what happens to users of the
/// others is archived, and what happened to those of that one, when it is back.
class TestArchiveMasters : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(MongoServer::isInstalled(), "tests/support/ferretdb.sh makes it");
        QVERIFY(m_mongo.start());
        QVERIFY(m_redis.start());
        m_daemon.emplace(environment());
        QVERIFY(m_daemon->start());
        QTRY_COMPARE_WITH_TIMEOUT(
            as(u"ops"_s, {{"scope"_L1, "admin"_L1}}).get(u"/health"_s).json()["archive"_L1],
            "healthy"_L1, kPatience);
    }
    void cleanupTestCase() { QCOMPARE(m_daemon->stop(), 0); }

    void whatIsOnOthersIsArchived()
    {
        QVERIFY(m_redis.server(0).kill());
        QStringList archived;
        const auto mayChange = [&] {
            archived = changed(u"away"_s);
            return !archived.empty() && archived.size() < kUsers;
        };
        QTRY_VERIFY_WITH_TIMEOUT(mayChange(), kPatience);
        for (const QString &user : archived)
            QTRY_COMPARE_WITH_TIMEOUT(lastOf(user), u"away"_s, kPatience);
        QVERIFY(m_redis.start());
        QTRY_COMPARE_WITH_TIMEOUT(changed(u"busy"_s).size(), kUsers, kPatience);
        for (int i = 0; i < kUsers; ++i)
            QTRY_COMPARE_WITH_TIMEOUT(lastOf(name(i)), u"busy"_s, kPatience);
    }

private:
    DaemonProcess::Environment environment() const
    {
        DaemonProcess::Environment environment{{u"AUTH_JWT_SECRET"_s, QString::fromLatin1(kSecret)},
                                               {u"PRESENCE_BIND"_s, u"127.0.0.1"_s},
                                               {u"PRESENCE_SHARDS"_s, u"1"_s},
                                               {u"HEARTBEAT_INTERVAL"_s, u"500"_s},
                                               {u"LIMIT_USER_CHANGES"_s, u"0"_s},
                                               {u"MONGODB_URI"_s, m_mongo.uri()}};
        environment.insert(m_redis.environment());
        return environment;
    }
    RestClient as(const QString &user, const QJsonObject &claims = {}) const
    {
        return RestClient(m_daemon->port(), tokenFor(user, claims));
    }
    static QString name(int i) { return u"user-%1"_s.arg(i); }
    /// Those whose master took it.
    QStringList changed(const QString &status) const
    {
        QStringList users;
        for (int i = 0; i < kUsers; ++i) {
            const QString path = u"/api/presence/users/%1/status"_s.arg(name(i));
            if (as(name(i)).put(path, {{"status"_L1, status}}).status == 200)
                users.append(name(i));
        }
        return users;
    }
    /// In MongoDB; empty while there is nothing.
    QString lastOf(const QString &user) const
    {
        const auto answer = as(user).get(u"/api/presence/users/%1/history"_s.arg(user));
        return answer.json()["history"_L1].toArray().first().toObject()["status"_L1].toString();
    }

    MongoServer m_mongo;
    RedisDeployment m_redis{{}, RedisDeployment::Kind::Cluster};
    std::optional<DaemonProcess> m_daemon;
};

PRESENCE_TEST(TestArchiveMasters)
#include "tst_archive_masters.moc"
