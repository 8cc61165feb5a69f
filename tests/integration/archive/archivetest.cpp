// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/archive/archivetest.h"

namespace presence::test {

using namespace Qt::StringLiterals;

void ArchiveTest::init()
{
    QVERIFY2(MongoServer::isInstalled(), "tests/support/ferretdb.sh makes it");
    m_mongo.emplace();
    QVERIFY(m_mongo->start());
    m_fixture.emplace(environment(u"node-1"_s), RedisServer::Options{});
    QVERIFY(m_fixture->start());
    QTRY_COMPARE_WITH_TIMEOUT(archiveState(), "healthy"_L1, kRecovery);
}

void ArchiveTest::cleanup()
{
    m_fixture.reset();
    m_mongo.reset();
}

DaemonProcess::Environment ArchiveTest::environment(const QString &node) const
{
    return {{u"MONGODB_URI"_s, m_mongo->uri()},  {u"NODE_NAME"_s, node},
            {u"HEARTBEAT_INTERVAL"_s, u"500"_s}, {u"PRESENCE_TTL"_s, u"300"_s},
            {u"PRESENCE_SHARDS"_s, u"1"_s},      {u"LOG_LEVEL"_s, u"info"_s},
            {u"LIMIT_USER_CHANGES"_s, u"0"_s}};
}

void ArchiveTest::beat(const QString &user)
{
    QCOMPARE(as(user)
                 .post(u"/api/presence/heartbeat"_s,
                       {{"device_id"_L1, "web"_L1}, {"workspace_id"_L1, "acme"_L1}})
                 .status,
             204);
}

void ArchiveTest::setStatus(const QString &user, const QJsonObject &status)
{
    beat(user);
    QCOMPARE(as(user).put(u"/api/presence/users/%1/status"_s.arg(user), status).status, 200);
}

QString ArchiveTest::archiveState() const
{
    return m_fixture->asAdmin().get(u"/health"_s).json()["archive"_L1].toString();
}

int ArchiveTest::waiting() const
{
    int count = 0;
    const QByteArray streams = m_fixture->cli({u"KEYS"_s, u"presence:stream*"_s});
    for (const QByteArray &key : streams.split('\n')) {
        if (!key.isEmpty() && !key.endsWith(":acknowledged") && !key.endsWith(":consumers"))
            count += m_fixture->cli({u"XLEN"_s, QString::fromLatin1(key)}).toInt();
    }
    return count;
}

void ArchiveTest::awaitArchived()
{
    QTRY_COMPARE_WITH_TIMEOUT(waiting(), 0, kRecovery);
}

void ArchiveTest::awaitReadable()
{
    QTRY_COMPARE_WITH_TIMEOUT(as(u"bob"_s).get(u"/api/presence/users/zoe"_s).status, 503,
                              kRecovery);
    QTRY_COMPARE_WITH_TIMEOUT(as(u"bob"_s).get(u"/api/presence/users/zoe"_s).status, 200,
                              kRecovery);
}

QJsonArray ArchiveTest::history(const QString &user, int limit) const
{
    return as(user)
        .get(u"/api/presence/users/%1/history?limit=%2"_s.arg(user).arg(limit))
        .json()["history"_L1]
        .toArray();
}

QString ArchiveTest::types(const QString &user) const
{
    QStringList types;
    for (const auto &row : history(user))
        types.append(row["type"_L1].toString());
    return types.join(u' ');
}

} // namespace presence::test
