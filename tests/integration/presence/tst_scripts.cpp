// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/presence/rulesfixture.h"
#include "tests/support/pubsublog.h"
#include "tests/support/testregistry.h"

#include <QRegularExpression>

using namespace presence;
using namespace presence::rules;
using namespace presence::test;

/// What all scripts of users have in common.
class TestScripts : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { m_fixture.emplace(PresenceConfig{.offlineGrace = 30s}); }
    void cleanup() { m_fixture.reset(); }

    void manyWorkspacesInACallAreEachTheirOwn();
    void whoComesByAnotherServiceIsDue();
    void sessionsByAClockThatWasSetBackAreAllFound();
    void whatIsDoneAllTheTimeIsFewCommands_data();
    void whatIsDoneAllTheTimeIsFewCommands();
    void aServerThatRefusesWritesIsLeftAsItWas_data();
    void aServerThatRefusesWritesIsLeftAsItWas();

private:
    std::optional<RulesFixture> m_fixture;
};

void TestScripts::manyWorkspacesInACallAreEachTheirOwn()
{
    const qint64 now = m_fixture->now();
    const QString fresh = QString::number(now);
    m_fixture->cli({u"SET"_s, u"presence:online:broken"_s, u"text"_s});
    m_fixture->cli({u"ZADD"_s, u"presence:online:acme"_s, fresh, u"a"_s, QString::number(now - 100),
                    u"silent"_s, QString::number(now + 100), u"ahead"_s});
    m_fixture->cli({u"ZADD"_s, u"presence:online:quiet"_s, fresh, u"a"_s});
    std::vector<QByteArray> keys;
    for (const char *workspace : {"broken", "acme", "quiet", "gone"})
        keys.push_back("presence:online:"_ba + workspace);
    const auto answer
        = m_fixture->call(m_fixture->scripts.workspaceStale, std::move(keys), {"60", "500"});
    QVERIFY(answer);
    const auto &rows = answer->elements();
    QCOMPARE(rows.size(), size_t(8));
    QCOMPARE(rows[0].toInteger().value_or(0), -1);
    QCOMPARE(rows[2].toInteger().value_or(0), 3);
    QCOMPARE(rows[3].elements().size(), size_t(1));
    QCOMPARE(rows[3].elements()[0].bytes(), "silent");
    QVERIFY(m_fixture->cli({u"ZSCORE"_s, u"presence:online:acme"_s, u"ahead"_s}).toLongLong()
            < now + 90);
    QCOMPARE(rows[4].toInteger().value_or(0), 1);
    QVERIFY(rows[5].elements().empty());
    QCOMPARE(rows[6].toInteger().value_or(-1), 0);
}

/// Its device is no field of the user, and ends all the same.
void TestScripts::whoComesByAnotherServiceIsDue()
{
    m_fixture->cli({u"ZADD"_s, QString::fromLatin1(m_fixture->keys.user(kUser).devices),
                    QString::number(m_fixture->now()), u"other"_s});
    m_fixture->play("busy");
    QVERIFY(!m_fixture
                 ->cli({u"ZSCORE"_s, u"presence:index:users"_s, QString::fromLatin1(kUser.bytes())})
                 .trimmed()
                 .isEmpty());
}

/// As they are, too, once PRESENCE_TTL was made shorter. Redis must not be busy with them for ever.
void TestScripts::sessionsByAClockThatWasSetBackAreAllFound()
{
    const qint64 ahead = (m_fixture->now() + 3'600) * 1000;
    for (int number = 0; number < 60; ++number) {
        const UserId user("u" + QByteArray::number(number));
        const QString key = QString::fromLatin1(m_fixture->keys.userHash(user));
        QStringList words{u"HSET"_s, key};
        for (int i = 0; i < 3 + number % 4; ++i) {
            const QString id
                = u"%1-%2"_s.arg(number * 7'919, 8, 16, '0'_L1).arg(i * 104'729, 0, 16);
            words << u"session:"_s + id << u"%1 1 a web:%2 acme"_s.arg(ahead).arg(i);
        }
        m_fixture->cli(words);
        QVERIFY2(m_fixture->heartbeat(user, kWeb, kAcme), user.bytes().constData());
        const qint64 latest = (m_fixture->now() + 61) * 1000;
        const QByteArrayList fields = m_fixture->cli({u"HGETALL"_s, key}).split('\n');
        for (qsizetype i = 0; i + 1 < fields.size(); i += 2) {
            if (fields[i].startsWith("session:"))
                QVERIFY2(fields[i + 1].split(' ').first().toLongLong() <= latest,
                         fields[i + 1].constData());
        }
    }
}

void TestScripts::whatIsDoneAllTheTimeIsFewCommands_data()
{
    QTest::addColumn<QByteArray>("story");
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<int>("most");
    QTest::newRow("a heartbeat") << "joins"_ba
                                 << "beats"_ba << 6;
    QTest::newRow("a status") << "joins"_ba
                              << "away"_ba << 14;
    QTest::newRow("a status in no workspace") << "roams"_ba
                                              << "away"_ba << 8;
    QTest::newRow("a close") << "joins"_ba
                             << "closes"_ba << 5;
}

/// Redis' time is the budget of the whole service.
void TestScripts::whatIsDoneAllTheTimeIsFewCommands()
{
    QFETCH(QByteArray, story);
    QFETCH(QByteArray, what);
    QFETCH(int, most);
    m_fixture->play(story);
    static const QRegularExpression command(
        u"cmdstat_(?!eval|fcall|function|config|info|ping|client)([^:]*):calls=(\\d+)"_s);
    // One change in eight, by the microsecond, clears the workspace's leavers as well
    // (workspace/put.lua): two commands more.
    int least = std::numeric_limits<int>::max();
    QString text;
    for (int i = 0; i < (what == "away" ? 8 : 1); ++i) {
        if (i > 0)
            m_fixture->play("back");
        if (what == "beats")
            m_fixture->makeOlder({"s1"});
        m_fixture->cli({u"CONFIG"_s, u"RESETSTAT"_s});
        if (what == "beats") {
            const auto heard = m_fixture->beat({"s1"}, false);
            QVERIFY(heard && *heard);
        } else {
            m_fixture->play(what);
        }
        text = QString::fromUtf8(m_fixture->cli({u"INFO"_s, u"commandstats"_s}));
        int count = 0;
        for (const auto &match : command.globalMatch(text))
            count += match.captured(2).toInt();
        QVERIFY2(count > 2 && count <= most + 2, qPrintable(text));
        least = std::min(least, count);
    }
    QVERIFY2(least <= most, qPrintable(text));
}

void TestScripts::aServerThatRefusesWritesIsLeftAsItWas_data()
{
    QTest::addColumn<QStringList>("refuse");
    QTest::addColumn<QStringList>("accept");
    const QStringList set{u"CONFIG"_s, u"SET"_s};
    QTest::newRow("full") << set + QStringList{u"maxmemory"_s, u"1"_s}
                          << set + QStringList{u"maxmemory"_s, u"0"_s};
    QTest::newRow("too few replicas") << set + QStringList{u"min-replicas-to-write"_s, u"9"_s}
                                      << set + QStringList{u"min-replicas-to-write"_s, u"0"_s};
}

void TestScripts::aServerThatRefusesWritesIsLeftAsItWas()
{
    QFETCH(QStringList, refuse);
    QFETCH(QStringList, accept);
    m_fixture.emplace(PresenceConfig{.offlineGrace = 0s});
    m_fixture->play("joins phones busy");
    m_fixture->cli({u"HSET"_s, QString::fromLatin1(m_fixture->keys.userHash(kUser)),
                    u"session:old"_s, u"1 1 a web:old acme"_s});
    const QByteArray before = m_fixture->stored(kUser.bytes());
    PubSubLog log(m_fixture->server, {"presence:status", "presence:updates"});
    m_fixture->cli(refuse);
    const auto &scripts = m_fixture->scripts;
    const auto keys = m_fixture->keys.user(kUser).all();
    const QByteArray ttl = "60";
    const QByteArray told = m_fixture->keys.userEvents(kUser);
    // The sweeper takes away a session that is over, and a connection closes.
    const auto check = m_fixture->call(scripts.userCheck, keys,
                                       {kUser.bytes(), ttl, told, "presence:status", {}, {}, "1"});
    const auto closed = m_fixture->disconnect(kUser);
    const auto status = m_fixture->setStatus(kUser, {.status = Status::Invisible});
    const auto seen = m_fixture->get(kUser);
    m_fixture->cli(accept);
    QVERIFY(check && check->isError());
    QVERIFY(!closed && !status);
    QCOMPARE(seen.status, Status::Busy);
    QCOMPARE(m_fixture->stored(kUser.bytes()), before);
    QVERIFY(log.messages.isEmpty());
    QVERIFY(m_fixture->disconnect(kUser));
}

PRESENCE_TEST(TestScripts)
#include "tst_scripts.moc"
