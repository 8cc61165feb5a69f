// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QSet>

#include <optional>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// Operators find what they know the beginning of.
class TestAdminSearch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_fixture.start());
        m_operator.emplace(m_fixture.daemon.port(),
                           tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(m_operator->open());
        QCOMPARE(m_operator->join(u"admin:overview"_s)["status"_L1], "ok"_L1);
    }
    void cleanupTestCase()
    {
        m_operator.reset();
        QCOMPARE(m_fixture.daemon.stop(), 0);
    }

    void usersAreFoundByTheBeginningOfTheirId()
    {
        const auto amy = device(u"find-amy"_s);
        const auto bob = device(u"find-bob"_s);
        const auto other = device(u"not-find-"_s);
        QTRY_COMPARE(search(u"find-"_s).users, (QSet{u"find-amy"_s, u"find-bob"_s}));
        QCOMPARE(search(u"find-b"_s).users, QSet{u"find-bob"_s});
        QVERIFY(search(u"Find-b"_s).users.isEmpty());
    }

    void whoIsOfflineIsFound()
    {
        {
            const auto ofelia = device(u"gone-ofelia"_s);
        }
        QTRY_VERIFY_WITH_TIMEOUT(
            m_fixture.cli({u"ZSCORE"_s, u"presence:index:users"_s, u"gone-ofelia"_s})
                .trimmed()
                .isEmpty(),
            kDaemonPatience);
        QCOMPARE(search(u"gone-"_s).users, QSet{u"gone-ofelia"_s});
    }

    void whoHidesIsFound()
    {
        const auto ina = device(u"hidden-ina"_s);
        ina->push(u"presence:hidden-ina"_s, u"set_status"_s, {{"status"_L1, "invisible"_L1}});
        QCOMPARE(search(u"hidden-"_s).users, QSet{u"hidden-ina"_s});
    }

    // Also one that came while others still saw the user, and is in no set for that.
    void theDevicesOfWhoHidesAreFound()
    {
        const auto ivo = device(u"ivo"_s, u"veiled-tablet"_s);
        ivo->push(u"presence:ivo"_s, u"set_status"_s, {{"status"_L1, "invisible"_L1}});
        m_fixture.cli({u"ZREM"_s, u"presence:user:ivo:devices"_s, u"veiled-tablet"_s});
        QCOMPARE(search(u"veiled-tablet"_s).devices, QSet{u"veiled-tablet of ivo"_s});
        QCOMPARE(search(u"veiled-"_s).devices, QSet{u"veiled-tablet of ivo"_s});
        QVERIFY(search(u"tablet"_s).devices.isEmpty());
    }

    void theExactIdIsInTheFirstPart()
    {
        setStatus(u"exact"_s);
        const QJsonObject first = part(u"exact"_s, {});
        QVERIFY(first["users"_L1].toArray().contains("exact"_L1));
    }

    void patternsAreText_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("user");
        QTest::newRow("*") << u"g*"_s << u"g*1"_s;
        QTest::newRow("?") << u"g?"_s << u"g?1"_s;
        QTest::newRow("[") << u"g[a"_s << u"g[a]1"_s;
    }
    void patternsAreText()
    {
        QFETCH(QString, text);
        QFETCH(QString, user);
        for (const QString &id : {user, u"ga1"_s})
            setStatus(id);
        QCOMPARE(search(text).users, QSet{user});
    }

    void devicesChannelsWorkspacesAndNodesAreFound()
    {
        const auto kim = device(u"kim"_s, u"kit-phone"_s, u"kit-space"_s);
        kim->push(u"presence:kim"_s, u"join_channel"_s, {{"channel_id"_L1, "kit-channel"_L1}});
        Found found;
        QTRY_COMPARE((found = search(u"kit-"_s)).devices, QSet{u"kit-phone of kim"_s});
        QCOMPARE(found.channels, QSet{u"kit-channel"_s});
        QCOMPARE(found.workspaces, QSet{u"kit-space"_s});
        QVERIFY(found.users.isEmpty());
        QCOMPARE(search(u"presence@"_s).nodes.size(), 1);
    }

    /// The canary's users are the node's own.
    void whatIsReservedIsNotFound()
    {
        QTRY_VERIFY(
            m_fixture.cli({u"ZRANGE"_s, u"presence:index:users"_s, u"0"_s, u"-1"_s}).contains('^'));
        const Found found = search(u"^"_s);
        QVERIFY(found.users.isEmpty() && found.devices.isEmpty());
        QVERIFY(found.channels.isEmpty() && found.workspaces.isEmpty());
    }

    void aSearchThatIsCutSaysSo()
    {
        QVERIFY(search(u"find-"_s).isComplete);
        const QJsonObject last = part(u"find-"_s, u"4.0.0.2000000"_s);
        QCOMPARE(last["complete"_L1], false);
        QVERIFY(last["next"_L1].isNull());
        QVERIFY(last["examined"_L1].toInteger() >= 2'000'000);
    }

    void whatIsNoSearchIsRefused_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("after");
        QTest::addColumn<QString>("field");
        QTest::newRow("no text") << u""_s << u""_s << u"text"_s;
        QTest::newRow("long text") << QString(129, u'a') << u""_s << u"text"_s;
        for (const auto *after : {"x", "1.2.3", "0.0.0.0", "7.0.0.0", "1.-1.0.0", "1.0.0.-1",
                                  "1.0.99999999999999999999999.0", "1.0.0.0.0"})
            QTest::newRow(after) << u"a"_s << QString::fromLatin1(after) << u"after"_s;
    }
    void whatIsNoSearchIsRefused()
    {
        QFETCH(QString, text);
        QFETCH(QString, after);
        QTEST(part(text, after)["field"_L1].toString(), "field");
    }

    /// No part has more than a slice too many, and what they looked at is counted.
    void manyUsersAreFoundInParts()
    {
        if (m_fixture.redis.kind() == RedisDeployment::Kind::Cluster)
            QSKIP("A script that makes users cannot do so on several servers");
        constexpr int kUsers = 20'000;
        m_fixture.cli({u"EVAL"_s,
                       u"for i = 1, tonumber(ARGV[1]) do"
                       " redis.call('HSET', 'presence:user:many-' .. i, 'revision', i) end"_s,
                       u"0"_s, QString::number(kUsers)});
        const Found found = search(u"many-"_s);
        QCOMPARE(found.users.size(), kUsers);
        QVERIFY(found.isComplete);
        QVERIFY2(found.most <= 100 + 2'000, qPrintable(QString::number(found.most)));
        QVERIFY(found.examined >= kUsers);
        const Found few = search(u"many-19999"_s);
        QCOMPARE(few.users, QSet{u"many-19999"_s});
        QVERIFY(few.examined >= kUsers);
        const QByteArray metrics = m_fixture.asAdmin().get(u"/metrics"_s).body;
        const qsizetype at = metrics.indexOf("\npresence_admin_searched_names_total ");
        QVERIFY(at >= 0);
        QVERIFY(metrics.mid(at + 1).split('\n').first().split(' ').last().toDouble() >= 2 * kUsers);
        QVERIFY(metrics.contains("presence_admin_search_seconds_count"));
    }

private:
    struct Found
    {
        QSet<QString> users, devices, channels, workspaces, nodes;
        qint64 examined = 0;
        qsizetype most = 0; ///< users in one part
        bool isComplete = true;
    };

    QJsonObject part(const QString &text, const QString &after)
    {
        return m_operator
            ->push(u"admin:overview"_s, u"search"_s,
                   {{"text"_L1, text}, {"after"_L1, after}})["response"_L1]
            .toObject();
    }

    /// All parts of it.
    Found search(const QString &text)
    {
        Found found;
        QString after;
        do {
            const QJsonObject page = part(text, after);
            const auto take = [&page](QSet<QString> &to, const QString &kind) {
                for (const QJsonValue &name : page[kind].toArray())
                    to.insert(name.toString());
            };
            take(found.users, u"users"_s);
            take(found.channels, u"channels"_s);
            take(found.workspaces, u"workspaces"_s);
            take(found.nodes, u"nodes"_s);
            for (const QJsonValue &device : page["devices"_L1].toArray())
                found.devices.insert(device["device_id"_L1].toString() + u" of "_s
                                     + device["user_id"_L1].toString());
            found.most = std::max(found.most, page["users"_L1].toArray().size());
            found.examined = page["examined"_L1].toInteger();
            found.isComplete = found.isComplete && page["complete"_L1].toBool();
            after = page["next"_L1].toString();
        } while (!after.isEmpty());
        return found;
    }

    /// Somebody who is known, and not connected.
    void setStatus(const QString &user)
    {
        QCOMPARE(m_operator->push(u"admin:overview"_s, u"set_status"_s,
                                  {{"user_id"_L1, user}, {"status"_L1, "busy"_L1}})["status"_L1],
                 "ok"_L1);
    }

    std::unique_ptr<PhoenixClient> device(const QString &user, const QString &device = u"phone"_s,
                                          const QString &workspace = u"acme"_s)
    {
        auto client = std::make_unique<PhoenixClient>(m_fixture.daemon.port(), tokenFor(user));
        if (client->open())
            client->join(u"presence:"_s + user,
                         {{"device_id"_L1, device}, {"workspace_id"_L1, workspace}});
        return client;
    }

    DaemonFixture m_fixture{{{u"CANARY_INTERVAL"_s, u"500"_s}}};
    std::optional<PhoenixClient> m_operator;
};

PRESENCE_TEST(TestAdminSearch)
#include "tst_adminsearch.moc"
