// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/adminreader.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/incidentjson.h"
#include "shared/protocol/json.h"
#include "tests/support/testregistry.h"

#include <QTest>

using namespace presence;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// What `read` makes of what is written of `value`.
template <typename Value>
static Value throughJson(const Value &value, Value (*read)(const protocol::JsonView &))
{
    const QByteArray bytes = protocol::toBytes(protocol::toJson(value));
    const auto json = protocol::JsonView::parse(bytes);
    return json ? read(*json) : Value();
}

static const Seconds kSecond{1'763'000'000s};
static const Milliseconds kMillisecond{1'763'000'000'123ms};

static SessionRow session()
{
    return {.session = SessionId("0badc0de-1"),
            .device = DeviceId("web:1"),
            .kind = SessionRow::Kind::WebSocket,
            .node = "presence@a",
            .isNodeAlive = false,
            .workspace = WorkspaceId("acme"),
            .channels = {ChannelId("7"), ChannelId("8")},
            .isIdle = true,
            .hasEnded = true,
            .connectedAt = kMillisecond,
            .lastHeartbeat = kSecond,
            .deadline = kMillisecond + 60s};
}

static UserDetails details()
{
    return {.user = UserId("amy"),
            .time = kMillisecond,
            .isKnown = true,
            .effective = {Status::Invisible, "In \"hiding\"", "🙈"},
            .seen = {Status::Offline, {}, {}},
            .seenAt = kSecond,
            .stored = {Status::Invisible, "In \"hiding\"", "🙈"},
            .updatedAt = kSecond + 1s,
            .expiresAt = kSecond + 2s,
            .lastSeen = kSecond + 3s,
            .sessions = {session()},
            .workspaces = {WorkspaceId("acme"), WorkspaceId("globex")},
            .rule = Rule::Hidden,
            .next = NextChange{kMillisecond, Status::Online, "expiry"},
            .changes = {{.at = kSecond,
                         .seen = Status::Busy,
                         .chosen = Status::Busy,
                         .cause = "set",
                         .customMessage = "In a \"call\"",
                         .emoji = "📞",
                         .by = ChangeRow::By::Operator,
                         .byId = UserId("olga")},
                        {.at = kSecond - 1s,
                         .seen = Status::Online,
                         .chosen = Status::Online,
                         .cause = "connected",
                         .device = DeviceId("web"),
                         .node = "node-1"}}};
}

static Verdict verdict()
{
    return {.level = Verdict::Level::Down,
            .findings = {{.level = Finding::Level::Down,
                          .kind = "redis_refuses",
                          .subject = "10.0.0.7:6379",
                          .since = kSecond,
                          .detail = "OOM"},
                         {.level = Finding::Level::Degraded,
                          .kind = "certificate_expires",
                          .endsAt = kSecond + 60s},
                         {.level = Finding::Level::Info, .kind = "flapping", .count = 4}}};
}

/// What the daemon writes, a dashboard reads as it was.
class TestAdminJson : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anOverviewSurvives()
    {
        Overview overview{.redis = {true, "7.0.15", 12'345'678, 9, 1234}};
        overview.figures = {kMillisecond,
                            1,
                            2,
                            3,
                            4,
                            5,
                            6,
                            0.5,
                            1.25,
                            2.5,
                            3.75,
                            {1.5, 2.5, 3.5, 4.5},
                            {7, 8, 9, 10},
                            120us,
                            Rates{0.5, 1, 1.5, 2}};
        overview.archive = ArchiveFigures{true, 12, 34s};
        overview.nodes = {{.name = "presence@a",
                           .version = "1.0.0",
                           .startedAt = kSecond,
                           .seenAt = kSecond + 5s,
                           .connections = 10,
                           .devices = 9,
                           .shards = 2,
                           .lag = 3ms,
                           .memory = 40'000'000,
                           .processor = 0.25,
                           .joins = 1.5,
                           .events = 2.5,
                           .deliveries = 3.5,
                           .messages = 4.5,
                           .isDraining = true,
                           .isAlive = true,
                           .isSweeping = true}};
        overview.workspaces = {{WorkspaceId("acme"), 7}, {WorkspaceId("globex"), 3}};
        overview.verdict = verdict();
        QVERIFY(throughJson(overview, &protocol::readOverview) == overview);
    }

    void aVerdictIsToldWithoutRedis()
    {
        const Overview overview{.verdict = verdict()};
        QVERIFY(throughJson(overview, &protocol::readOverview) == overview);
    }

    void aLevelThatIsNotKnownIsNotHealthy()
    {
        const auto json = protocol::JsonView::parse(
            "{\"verdict\":{\"level\":\"purple\",\"findings\":[{\"kind\":\"new\"}]}}");
        QVERIFY(json);
        const auto verdict = protocol::readOverview(*json).verdict;
        QVERIFY(verdict && verdict->level == Verdict::Level::Degraded);
        QCOMPARE(verdict->findings.at(0).kind, "new"_ba);
    }

    void findingsAreBounded()
    {
        Overview overview{.verdict = Verdict{}};
        overview.verdict->findings.resize(kMostFindings + 1, {.kind = "ghosts"});
        QCOMPARE(throughJson(overview, &protocol::readOverview).verdict->findings.size(),
                 kMostFindings);
    }

    void anIncidentSurvives_data()
    {
        QTest::addColumn<int>("kind");
        for (int kind = int(IncidentRow::Kind::NodeUp); kind <= int(IncidentRow::Kind::Storm);
             ++kind)
            QTest::addRow("kind %d", kind) << kind;
    }
    void anIncidentSurvives()
    {
        QFETCH(int, kind);
        IncidentRow incident{.id = "5-0",
                             .time = kMillisecond,
                             .kind = IncidentRow::Kind(kind),
                             .node = "a",
                             .duration = 5s,
                             .devices = 3,
                             .user = UserId("amy"),
                             .by = UserId("olga"),
                             .action = "set_status",
                             .detail = "busy, \"done\""};
        incident.lost = LostUsers{3,
                                  1,
                                  1,
                                  true,
                                  {{UserId("a"), LostUser::Outcome::Expired},
                                   {UserId("b"), LostUser::Outcome::Waiting},
                                   {UserId("c"), LostUser::Outcome::Returned, "b", 7ms}}};
        if (incident.kind == IncidentRow::Kind::Storm) {
            incident.joins = 120.5;
            incident.usual = 2.5;
        }
        QVERIFY(throughJson(incident, &protocol::readIncident) == incident);
    }

    void aSummarySurvives()
    {
        Summary summary{.time = kMillisecond};
        double value = 0.25;
        for (const auto &[name, span] : kSpans) {
            summary.*span = {value, value + 1, value + 2};
            value += 3;
        }
        QVERIFY(throughJson(summary, &protocol::readSummary) == summary);
    }

    void anOverviewWithoutRedisSaysNothingElse()
    {
        const QByteArray bytes = protocol::toBytes(protocol::toJson(Overview()));
        QCOMPARE(bytes, "{\"redis\":{\"reachable\":false}}"_ba);
    }

    void aUserSurvives()
    {
        QVERIFY(throughJson(details(), &protocol::readUserDetails) == details());
    }

    void whatIsNotThereStaysAway()
    {
        UserDetails empty{.user = UserId("nobody"), .time = kMillisecond};
        QVERIFY(throughJson(empty, &protocol::readUserDetails) == empty);
    }

    void everyRuleSurvives_data()
    {
        QTest::addColumn<int>("rule");
        for (const Rule rule :
             {Rule::NoDevice, Rule::Hidden, Rule::Chosen, Rule::AllIdle, Rule::Active, Rule::Lost})
            QTest::addRow("%d", int(rule)) << int(rule);
    }
    void everyRuleSurvives()
    {
        QFETCH(int, rule);
        UserDetails user{.user = UserId("amy"), .rule = static_cast<Rule>(rule)};
        QVERIFY(throughJson(user, &protocol::readUserDetails) == user);
    }

    void aGhostSurvives()
    {
        for (const auto reason : {GhostRow::Reason::NodeGone, GhostRow::Reason::Silent}) {
            const GhostRow ghost{UserId("gus"), session(), reason};
            QVERIFY(throughJson(ghost, &protocol::readGhostRow) == ghost);
        }
    }

    void smallRowsSurvive()
    {
        const FlappingRow flapping{UserId("flo"), 8, kSecond};
        QVERIFY(throughJson(flapping, &protocol::readFlappingRow) == flapping);
        const ChannelRow channel{ChannelId("7"), 12, 3};
        QVERIFY(throughJson(channel, &protocol::readChannelRow) == channel);
    }

    void whatASearchFoundSurvives()
    {
        const FoundNames found{.users = {UserId("amy")},
                               .archived = {{UserId("ann"), kSecond}, {UserId("art"), {}}},
                               .isArchiveAway = true,
                               .devices = {{DeviceId("web:1"), UserId("amy")}},
                               .channels = {ChannelId("7")},
                               .workspaces = {WorkspaceId("acme")},
                               .nodes = {"presence@a"},
                               .examined = 1000,
                               .isComplete = false,
                               .next = "1.0.0.1000"};
        QVERIFY(throughJson(found, &protocol::readFoundNames) == found);
        // As a version before tells it.
        const auto json = protocol::JsonView::parse("{\"users\":[\"amy\"],\"complete\":true}");
        const FoundNames older = protocol::readFoundNames(*json);
        QCOMPARE(older.users, std::vector{UserId("amy")});
        QVERIFY(older.archived.empty() && !older.isArchiveAway);
    }

    void nonsenseIsReadAsNothing()
    {
        const auto json = protocol::JsonView::parse(
            "{\"user_id\":7,\"sessions\":{\"a\":1},\"rule\":[],\"changes\":\"none\"}");
        QVERIFY(json);
        QVERIFY(protocol::readUserDetails(*json) == UserDetails());
        QVERIFY(protocol::readOverview(protocol::JsonView()) == Overview());
    }

    // Seconds are compared with milliseconds, as which they would overflow.
    void timesBeyondAllCalendarsAreReadAsNone()
    {
        const auto user = protocol::JsonView::parse(
            R"({"time":9223372036854775807,"last_seen":9223372036854776,"seen_at":-9223372036854775808})");
        QVERIFY(user);
        const UserDetails details = protocol::readUserDetails(*user);
        QCOMPARE(details.time, Milliseconds());
        QCOMPARE(details.lastSeen, std::optional(Seconds()));
        QCOMPARE(details.seenAt, std::optional(Seconds()));
        const auto overview = protocol::JsonView::parse(R"({"archive":{"lag":9223372036854776}})");
        QVERIFY(overview);
        QVERIFY(protocol::readOverview(*overview).archive == ArchiveFigures());
    }
};

PRESENCE_TEST(TestAdminJson)
#include "tst_adminjson.moc"
