// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/asyncclient.h"
#include "tests/support/phoenixclient.h"
#include "tests/support/testregistry.h"

#include <QDateTime>

#include <optional>

using namespace presence::test;
using namespace Qt::StringLiterals;

/// What an operator's topics tell.
class TestAdmin : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_fixture.start()); }
    void init()
    {
        m_operator.emplace(m_fixture.daemon.port(),
                           tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(m_operator->open());
    }
    void cleanup() { m_operator.reset(); }
    void cleanupTestCase() { QCOMPARE(m_fixture.daemon.stop(), 0); }

    void topicsAreForOperatorsOnly()
    {
        PhoenixClient stranger(m_fixture.daemon.port(), tokenFor(u"eve"_s));
        QVERIFY(stranger.open());
        for (const QString &topic :
             {u"admin:overview"_s, u"admin:events"_s, u"admin:workspace:w"_s, u"admin:channel:c"_s})
            QCOMPARE(stranger.join(topic)["response"_L1]["reason"_L1], "unauthorized"_L1);
        QCOMPARE(m_operator->join(u"admin:nothing"_s)["response"_L1]["reason"_L1],
                 "unmatched topic"_L1);
    }

    // On one shard they listen to the same Pub/Sub channels.
    void whatAnOperatorLooksAtIsStillTold_data()
    {
        QTest::addColumn<bool>("isOperatorFirst");
        QTest::newRow("client first") << false;
        QTest::newRow("operator first") << true;
    }
    void whatAnOperatorLooksAtIsStillTold()
    {
        QFETCH(bool, isOperatorFirst);
        const QString place = isOperatorFirst ? u"looked1"_s : u"looked2"_s;
        const QString user = isOperatorFirst ? u"hal"_s : u"hans"_s;
        DaemonProcess daemon(m_fixture.with(
            {{u"PRESENCE_SHARDS"_s, u"1"_s}, {u"NODE_NAME"_s, u"presence@other"_s}}));
        QVERIFY(daemon.start());
        const quint16 port = daemon.port();
        PhoenixClient watcher(port, tokenFor(u"wanda"_s));
        PhoenixClient dashboard(port, tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(watcher.open() && dashboard.open());
        const auto look = [&](bool isOperator) {
            PhoenixClient &client = isOperator ? dashboard : watcher;
            const QString prefix = isOperator ? u"admin:"_s : QString();
            for (const QString &kind : {u"workspace:"_s, u"channel:"_s}) {
                const QJsonObject joined = client.join(prefix + kind + place);
                QCOMPARE(joined["status"_L1], "ok"_L1);
            }
        };
        look(isOperatorFirst);
        look(!isOperatorFirst);

        PhoenixClient hal(port, tokenFor(user));
        QVERIFY(hal.open());
        const QString self = u"presence:"_s + user;
        hal.join(self, {{"workspace_id"_L1, place}});
        hal.push(self, u"join_channel"_s, {{"channel_id"_L1, place}});
        const auto has = [user](const QString &list) {
            return [=](const QJsonObject &diff) { return diff[list][user].isObject(); };
        };
        const auto isHal = [user](const QJsonObject &rows) {
            return rows["changed"_L1][0]["user_id"_L1] == user;
        };
        for (const QString &topic : {u"workspace:"_s + place, u"channel:"_s + place}) {
            QVERIFY(!watcher.next(topic, u"presence_diff"_s, has(u"joins"_s)).isEmpty());
            QVERIFY(!dashboard.next(u"admin:"_s + topic, u"rows"_s, isHal).isEmpty());
        }
        hal.push(self, u"set_status"_s, {{"status"_L1, "invisible"_L1}});
        for (const QString &topic : {u"workspace:"_s + place, u"channel:"_s + place})
            QVERIFY(!watcher.next(topic, u"presence_diff"_s, has(u"leaves"_s)).isEmpty());
        PhoenixClient late(port, tokenFor(u"lea"_s));
        QVERIFY(late.open());
        late.join(u"workspace:"_s + place);
        QCOMPARE(late.next(u"workspace:"_s + place, u"presence_state"_s), QJsonObject());
        QCOMPARE(daemon.stop(), 0);
    }

    void theOverviewCountsEachSecond()
    {
        const auto amy = device(u"amy"_s, u"figures"_s);
        const QJsonObject joined = m_operator->join(u"admin:overview"_s)["response"_L1].toObject();
        QVERIFY(!joined["version"_L1].toString().isEmpty());
        QVERIFY(joined["history"_L1].isArray());
        const QJsonObject now
            = m_operator->next(u"admin:overview"_s, u"overview"_s, [](const QJsonObject &each) {
                  return each["figures"_L1]["devices"_L1].toInt() > 0;
              });
        const QJsonValue figures = now["figures"_L1];
        QVERIFY(figures["users"_L1].toInt() >= 1);
        QVERIFY(figures["connections"_L1].toInt() >= 2);
        QVERIFY(qAbs(figures["time"_L1].toInteger() - QDateTime::currentMSecsSinceEpoch()) < 5000);
        QVERIFY(figures["redis_latency_us"_L1].toInt() > 0);
        QVERIFY(now["redis"_L1]["reachable"_L1].toBool());
        const QJsonValue node = now["nodes"_L1][0];
        QCOMPARE(node["name"_L1], joined["node"_L1]);
        QCOMPARE(node["shards"_L1], 2);
        QVERIFY(node["alive"_L1].toBool());
        QVERIFY(!node["draining"_L1].toBool());
        QVERIFY(node["memory"_L1].toInteger() > 1'000'000);
        bool isListed = false;
        for (const QJsonValue &row : now["workspaces"_L1].toArray())
            isListed = isListed || row["workspace_id"_L1] == "figures"_L1;
        QVERIFY(isListed);
    }

    void ratesAreOfMessages()
    {
        m_operator->join(u"admin:overview"_s);
        QVERIFY(!m_operator
                     ->next(u"admin:overview"_s, u"overview"_s,
                            [](const QJsonObject &each) {
                                return each["figures"_L1]["deliveries"_L1].toDouble() > 0.5;
                            })
                     .isEmpty());
    }

    // A node of a process that was killed: what it last said of itself is in Redis.
    void theVerdictNamesANodeThatIsGone()
    {
        m_operator->join(u"admin:overview"_s);
        const QString name = u"presence@gone"_s;
        const qint64 seenAt = m_fixture.now() - 20;
        m_fixture.cli({u"ZADD"_s, u"presence:nodes"_s, QString::number(seenAt), name});
        m_fixture.cli({u"HSET"_s, u"presence:node:"_s + name, u"devices"_s, u"23"_s});
        const QJsonValue gone = finding(u"node_unreachable"_s);
        QCOMPARE(gone["level"_L1], "degraded"_L1);
        QCOMPARE(gone["subject"_L1], name);
        QCOMPARE(gone["since_at"_L1].toInteger(), seenAt);
        QCOMPARE(gone["count"_L1], 23);
        // Who monitors is told the same.
        const QByteArray metrics = m_fixture.asAdmin().get(u"/metrics"_s).body;
        QVERIFY2(
            metrics.contains("presence_findings{kind=\"node_unreachable\",level=\"degraded\"} 1"),
            metrics.constData());
        m_fixture.cli({u"ZREM"_s, u"presence:nodes"_s, name});
        QVERIFY(!m_operator
                     ->next(u"admin:overview"_s, u"overview"_s,
                            [](const QJsonObject &now) {
                                return now["verdict"_L1]["level"_L1] == "healthy"_L1;
                            })
                     .isEmpty());
    }

    void theVerdictCountsWhoComesAndGoes()
    {
        m_operator->join(u"admin:overview"_s);
        m_fixture.cli({u"ZADD"_s, u"presence:flapping"_s, QString::number(m_fixture.now() + 600),
                       u"fay"_s, QString::number(m_fixture.now() + 600), u"flo"_s});
        QCOMPARE(finding(u"flapping"_s)["count"_L1], 2);
        QCOMPARE(finding(u"flapping"_s)["level"_L1], "info"_L1);
        m_fixture.cli({u"DEL"_s, u"presence:flapping"_s});
    }

    void pagesAndDiffsMakeTheWorkspace()
    {
        constexpr int kUsers = 25;
        std::vector<std::unique_ptr<PhoenixClient>> members;
        for (int i = 0; i < kUsers; ++i)
            members.push_back(device(u"m%1"_s.arg(i), u"table"_s));
        const QString topic = u"admin:workspace:table"_s;
        QCOMPARE(m_operator->join(topic)["response"_L1]["users"_L1], kUsers);
        QMap<QString, QJsonObject> rows = page(topic);
        QCOMPARE(rows.size(), kUsers);
        const QJsonObject row = rows[u"m7"_s];
        QCOMPARE(row["status"_L1], "online"_L1);
        QCOMPARE(row["devices"_L1], 1);
        QCOMPARE(row["idle_devices"_L1], 0);
        QVERIFY(row["nodes"_L1][0].toString().startsWith("presence@"_L1));
        QVERIFY(qAbs(row["online_at"_L1].toInteger() - m_fixture.now()) < 20);

        members[7]->push(u"presence:m7"_s, u"set_status"_s, {{"status"_L1, "busy"_L1}});
        members[3].reset();
        device(u"late"_s, u"table"_s).swap(members[4]);
        apply(rows, topic, [&rows] {
            return rows[u"m7"_s]["status"_L1] == "busy"_L1 && !rows.contains(u"m3"_s)
                && !rows.contains(u"m4"_s) && rows.contains(u"late"_s);
        });
        QCOMPARE(rows.size(), kUsers - 1);
    }

    void aSecondDeviceIsCounted()
    {
        const auto first = device(u"duo"_s, u"duos"_s);
        const QString topic = u"admin:workspace:duos"_s;
        m_operator->join(topic);
        QMap<QString, QJsonObject> rows = page(topic);
        QCOMPARE(rows[u"duo"_s]["devices"_L1], 1);
        const auto second = device(u"duo"_s, u"duos"_s, u"idle"_s);
        apply(rows, topic, [&rows] {
            return rows[u"duo"_s]["devices"_L1] == 2 && rows[u"duo"_s]["idle_devices"_L1] == 1;
        });
    }

    void anEmptyWorkspaceIsAnEmptyTable()
    {
        const QString topic = u"admin:workspace:nobody"_s;
        QCOMPARE(m_operator->join(topic)["response"_L1]["users"_L1], 0);
        QVERIFY(page(topic).isEmpty());
    }

    void aChannelHasViewersAndTypists()
    {
        const auto viewer = device(u"vic"_s, u"w"_s);
        viewer->push(u"presence:vic"_s, u"join_channel"_s, {{"channel_id"_L1, "7"_L1}});
        const QString topic = u"admin:channel:7"_s;
        m_operator->join(topic);
        QMap<QString, QJsonObject> rows = page(topic);
        QVERIFY(qAbs(rows[u"vic"_s]["viewing_since"_L1].toInteger() - m_fixture.now()) < 20);
        QVERIFY(rows[u"vic"_s]["typing_until"_L1].isNull());
        viewer->push(u"presence:vic"_s, u"typing_start"_s, {{"channel_id"_L1, "7"_L1}});
        apply(rows, topic, [&rows] {
            const qint64 left = rows[u"vic"_s]["typing_until"_L1].toInteger()
                - QDateTime::currentMSecsSinceEpoch();
            return left > 0 && left <= 5000;
        });
        viewer->push(u"presence:vic"_s, u"typing_stop"_s, {{"channel_id"_L1, "7"_L1}});
        viewer->push(u"presence:vic"_s, u"leave_channel"_s, {{"channel_id"_L1, "7"_L1}});
        apply(rows, topic, [&rows] { return rows.isEmpty(); });
    }

    void whoTypesIsCountedOnce()
    {
        const auto typist = device(u"tia"_s, u"acme"_s);
        typist->push(u"presence:tia"_s, u"join_channel"_s, {{"channel_id"_L1, "counted"_L1}});
        typist->push(u"presence:tia"_s, u"typing_start"_s, {{"channel_id"_L1, "counted"_L1}});
        m_operator->join(u"admin:overview"_s);
        int typing = 0;
        m_operator->next(u"admin:overview"_s, u"overview"_s, [&typing](const QJsonObject &each) {
            typing = each["figures"_L1]["typing"_L1].toInt();
            return typing > 0;
        });
        QCOMPARE(typing, 1);
    }

    void channelsAreFoundByActivity()
    {
        const auto one = device(u"ch1"_s, u"w"_s);
        const auto two = device(u"ch2"_s, u"w"_s);
        for (const QString &channel : {u"find:busy"_s, u"find:calm"_s})
            one->push(u"presence:ch1"_s, u"join_channel"_s, {{"channel_id"_L1, channel}});
        two->push(u"presence:ch2"_s, u"join_channel"_s, {{"channel_id"_L1, "find:busy"_L1}});
        m_operator->join(u"admin:overview"_s);
        const QJsonValue found = ask(u"get_channels"_s, {{"match"_L1, "find:"_L1}});
        QCOMPARE(found["channels"_L1].toArray().size(), 2);
        QCOMPARE(found["channels"_L1][0]["channel_id"_L1], "find:busy"_L1);
        QCOMPARE(found["channels"_L1][0]["viewers"_L1], 2);
        QCOMPARE(found["complete"_L1], true);
        QCOMPARE(ask(u"get_channels"_s, {{"limit"_L1, 0}})["field"_L1], "limit"_L1);
    }

    // Many channels, many questions at once: one is looked for after the other, in parts.
    void searchesWaitForEachOther()
    {
        const auto one = device(u"deep1"_s, u"w"_s);
        one->push(u"presence:deep1"_s, u"join_channel"_s, {{"channel_id"_L1, "deep:needle"_L1}});
        m_fixture.cli({u"EVAL"_s,
                       u"for i = 1, 120000 do redis.call('ZADD', KEYS[1], 9e9, 'hay:' .. i) end"_s,
                       u"1"_s, u"presence:index:channels"_s});
        AsyncClient client(m_fixture.daemon.port(), tokenFor(u"op"_s, {{"scope"_L1, "admin"_L1}}),
                           [](const auto &...) {});
        client.join(u"admin:overview"_s);
        QStringList refs;
        for (int i = 0; i < 60; ++i)
            refs.append(
                client.push(u"admin:overview"_s, u"get_channels"_s, {{"match"_L1, "needle"_L1}}));
        int found = 0;
        for (const QString &ref : std::as_const(refs)) {
            QTRY_VERIFY_WITH_TIMEOUT(client.reply(ref), 60'000);
            const QJsonObject reply = *client.reply(ref);
            const QJsonValue response = reply["response"_L1];
            if (reply["status"_L1] == "ok"_L1) {
                ++found;
                QCOMPARE(response["complete"_L1], true);
                QCOMPARE(response["channels"_L1].toArray().size(), 1);
            } else {
                QCOMPARE(response["reason"_L1], "too many searches"_L1);
            }
        }
        QVERIFY(found > 0 && found < 60);
        m_fixture.cli({u"ZREMRANGEBYSCORE"_s, u"presence:index:channels"_s, u"9e9"_s, u"9e9"_s});
    }

    void eventsCanBeFiltered()
    {
        const auto tim = device(u"tim"_s, u"ev"_s);
        const auto tom = device(u"tom"_s, u"ev"_s);
        const QJsonObject filter{{"kinds"_L1, QJsonArray{"status"_L1}}, {"user_id"_L1, "tom"_L1}};
        QCOMPARE(m_operator->join(u"admin:events"_s, filter)["status"_L1], "ok"_L1);
        for (PhoenixClient *each : {tim.get(), tom.get()})
            each->push(each == tim.get() ? u"presence:tim"_s : u"presence:tom"_s, u"set_status"_s,
                       {{"status"_L1, "busy"_L1}});
        // That of the join may come late, from another node of a cluster.
        bool isBusy = false;
        while (!isBusy) {
            const QJsonObject events = m_operator->next(u"admin:events"_s, u"events"_s);
            QVERIFY(!events["events"_L1].toArray().isEmpty());
            for (const QJsonValue &event : events["events"_L1].toArray()) {
                QCOMPARE(event["kind"_L1], "status"_L1);
                QCOMPARE(event["user_id"_L1], "tom"_L1);
                isBusy = event["status"_L1] == "busy"_L1;
            }
        }
        const QJsonObject wrong{{"kinds"_L1, QJsonArray{"gossip"_L1}}};
        QCOMPARE(m_operator->push(u"admin:events"_s, u"filter"_s, wrong)["response"_L1]["field"_L1],
                 "kinds"_L1);
    }

    void theVerdictSaysThatRedisWasEmptiedAndThatItIsAway()
    {
        DaemonFixture alone({{u"NODE_NAME"_s, u"presence@alone"_s}}, RedisServer::Options{});
        QVERIFY(alone.start());
        PhoenixClient looking(alone.daemon.port(), tokenFor(u"olga"_s, {{"scope"_L1, "admin"_L1}}));
        QVERIFY(looking.open());
        looking.join(u"admin:overview"_s);
        const auto worst
            = [](const QJsonObject &now) { return now["verdict"_L1]["findings"_L1][0]; };
        const auto next = [&](const QString &kind) {
            return looking.next(u"admin:overview"_s, u"overview"_s, [&](const QJsonObject &now) {
                return worst(now)["kind"_L1] == kind;
            });
        };
        alone.cli({u"FLUSHALL"_s});
        const QJsonObject emptied = next(u"redis_emptied"_s);
        QCOMPARE(emptied["verdict"_L1]["level"_L1], "degraded"_L1);
        QVERIFY(emptied["redis"_L1]["reachable"_L1].toBool());

        QVERIFY(alone.redis.kill());
        const QJsonObject away = next(u"redis_unreachable"_s);
        QCOMPARE(away["verdict"_L1]["level"_L1], "down"_L1);
        QCOMPARE(away["redis"_L1]["reachable"_L1], false);
        const QJsonValue why = worst(away);
        QVERIFY(qAbs(why["since_at"_L1].toInteger() - QDateTime::currentSecsSinceEpoch()) < 20);
    }

private:
    /// One of the kind, when the verdict has it.
    QJsonValue finding(const QString &kind)
    {
        QJsonValue found;
        m_operator->next(u"admin:overview"_s, u"overview"_s, [&](const QJsonObject &now) {
            for (const QJsonValue &each : now["verdict"_L1]["findings"_L1].toArray()) {
                if (each["kind"_L1] == kind)
                    found = each;
            }
            return !found.isUndefined() && !found.isNull();
        });
        return found;
    }

    QJsonValue ask(const QString &event, const QJsonObject &payload = {})
    {
        return m_operator->push(u"admin:overview"_s, event, payload)["response"_L1];
    }

    std::unique_ptr<PhoenixClient> device(const QString &user, const QString &workspace,
                                          const QString &state = u"active"_s)
    {
        auto client = std::make_unique<PhoenixClient>(m_fixture.daemon.port(), tokenFor(user));
        if (client->open())
            client->join(u"presence:"_s + user,
                         {{"workspace_id"_L1, workspace}, {"state"_L1, state}});
        return client;
    }

    /// Applies what the topic says until `isDone`.
    void apply(QMap<QString, QJsonObject> &rows, const QString &topic,
               const std::function<bool()> &isDone)
    {
        const QJsonObject last
            = m_operator->next(topic, u"rows"_s, [&](const QJsonObject &payload) {
                  for (const QJsonValue &row : payload["changed"_L1].toArray())
                      rows[row["user_id"_L1].toString()] = row.toObject();
                  for (const QJsonValue &user : payload["left"_L1].toArray())
                      rows.remove(user.toString());
                  return isDone();
              });
        QVERIFY2(!last.isEmpty(), qPrintable(u"never: %1"_s.arg(rows.keys().join(u' '))));
    }

    QMap<QString, QJsonObject> page(const QString &topic)
    {
        QMap<QString, QJsonObject> rows;
        QJsonValue after = ""_L1;
        while (!after.isNull()) {
            const QJsonValue answer
                = m_operator->push(topic, u"get_page"_s, {{"after"_L1, after}})["response"_L1];
            for (const QJsonValue &row : answer["rows"_L1].toArray())
                rows[row["user_id"_L1].toString()] = row.toObject();
            after = answer["next"_L1].isString() ? answer["next"_L1] : QJsonValue();
        }
        return rows;
    }

    DaemonFixture m_fixture;
    std::optional<PhoenixClient> m_operator;
};

PRESENCE_TEST(TestAdmin)
#include "tst_admin.moc"
