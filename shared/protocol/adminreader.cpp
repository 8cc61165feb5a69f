// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/adminreader.h"

#include <QHash>

#include <algorithm>

namespace presence::protocol {

using namespace Qt::StringLiterals;

static qint64 whole(const JsonView &json)
{
    return json.toWhole().value_or(0);
}

static QByteArray text(const JsonView &json)
{
    return json.bytes().toByteArray();
}

/// Not of so many years that milliseconds between two such would overflow.
template <typename Duration>
static Duration duration(const JsonView &json)
{
    constexpr Duration kLongest = std::chrono::years(10'000);
    const qint64 count = whole(json);
    return count >= -kLongest.count() && count <= kLongest.count() ? Duration(count) : Duration(0);
}

static Seconds seconds(const JsonView &json)
{
    return Seconds(duration<std::chrono::seconds>(json));
}

static Milliseconds milliseconds(const JsonView &json)
{
    return Milliseconds(duration<std::chrono::milliseconds>(json));
}

template <typename Time>
static std::optional<Time> orNothing(const JsonView &json, Time (*read)(const JsonView &))
{
    if (!json.isGiven())
        return std::nullopt;
    return read(json);
}

static Status status(const JsonView &json, Status otherwise)
{
    return statusFromName(json.bytes()).value_or(otherwise);
}

template <typename Id>
static Id id(const JsonView &json)
{
    return Id(text(json));
}

static Rates readRates(const JsonView &json)
{
    return {.joins = json["joins"].toNumber(),
            .events = json["events"].toNumber(),
            .deliveries = json["deliveries"].toNumber(),
            .messages = json["messages"].toNumber()};
}

static Totals readTotals(const JsonView &json)
{
    return {.joins = whole(json["joins"]),
            .events = whole(json["events"]),
            .deliveries = whole(json["deliveries"]),
            .messages = whole(json["messages"])};
}

Figures readFigures(const JsonView &json)
{
    return {.time = milliseconds(json["time"]),
            .users = whole(json["users"]),
            .devices = whole(json["devices"]),
            .connections = whole(json["connections"]),
            .typing = whole(json["typing"]),
            .channels = whole(json["channels"]),
            .workspaces = whole(json["workspaces"]),
            .joins = json["joins"].toNumber(),
            .events = json["events"].toNumber(),
            .deliveries = json["deliveries"].toNumber(),
            .messages = json["messages"].toNumber(),
            .peak = readRates(json["peak"]),
            .totals = readTotals(json["totals"]),
            .redisLatency = duration<std::chrono::microseconds>(json["redis_latency_us"]),
            .least
            = json["least"].isGiven() ? std::optional(readRates(json["least"])) : std::nullopt};
}

static NodeRow readNode(const JsonView &json)
{
    return {.name = text(json["name"]),
            .version = text(json["version"]),
            .startedAt = seconds(json["started_at"]),
            .seenAt = seconds(json["seen_at"]),
            .connections = whole(json["connections"]),
            .devices = whole(json["devices"]),
            .shards = static_cast<int>(whole(json["shards"])),
            .lag = duration<std::chrono::milliseconds>(json["lag_ms"]),
            .memory = whole(json["memory"]),
            .processor = json["processor"].toNumber(),
            .joins = json["joins"].toNumber(),
            .events = json["events"].toNumber(),
            .deliveries = json["deliveries"].toNumber(),
            .messages = json["messages"].toNumber(),
            .isDraining = json["draining"].isTrue(),
            .isAlive = json["alive"].isTrue(),
            .isSweeping = json["sweeping"].isTrue()};
}

static WorkspaceRow readWorkspace(const JsonView &json)
{
    return {id<WorkspaceId>(json["workspace_id"]), whole(json["users"])};
}

static RedisState readRedis(const JsonView &json)
{
    return {.isReachable = json["reachable"].isTrue(),
            .version = text(json["version"]),
            .usedMemory = whole(json["used_memory"]),
            .clients = whole(json["clients"]),
            .commandsPerSecond = whole(json["commands_per_second"])};
}

static std::optional<ArchiveFigures> readArchive(const JsonView &json)
{
    if (!json.isGiven())
        return std::nullopt;
    return ArchiveFigures{.isAvailable = json["available"].isTrue(),
                          .waiting = whole(json["waiting"]),
                          .lag = duration<std::chrono::seconds>(json["lag"])};
}

/// Of a level that a newer daemon may have: something is wrong.
template <typename Level>
static Level readLevel(const JsonView &json, QByteArrayView best, Level whenBest)
{
    const QByteArrayView name = json.bytes();
    if (name == best)
        return whenBest;
    return name == "down" ? Level::Down : Level::Degraded;
}

static Finding readFinding(const JsonView &json)
{
    return {.level = readLevel(json["level"], "info", Finding::Level::Info),
            .kind = text(json["kind"]),
            .subject = text(json["subject"]),
            .since = orNothing(json["since_at"], &seconds),
            .endsAt = orNothing(json["ends_at"], &seconds),
            .count = whole(json["count"]),
            .detail = text(json["detail"])};
}

static std::optional<Verdict> readVerdict(const JsonView &json)
{
    if (!json.isGiven())
        return std::nullopt;
    Verdict verdict{.level = readLevel(json["level"], "healthy", Verdict::Level::Healthy),
                    .findings = readRows<Finding>(json["findings"], &readFinding)};
    verdict.findings.resize(std::min(verdict.findings.size(), kMostFindings));
    return verdict;
}

Overview readOverview(const JsonView &json)
{
    return {.figures = readFigures(json["figures"]),
            .redis = readRedis(json["redis"]),
            .verdict = readVerdict(json["verdict"]),
            .archive = readArchive(json["archive"]),
            .nodes = readRows<NodeRow>(json["nodes"], &readNode),
            .workspaces = readRows<WorkspaceRow>(json["workspaces"], &readWorkspace)};
}

static StatusView readView(const JsonView &json)
{
    return {status(json["status"], Status::Offline), text(json["custom_message"]),
            text(json["emoji"])};
}

UserRow readUserRow(const JsonView &json)
{
    return {.user = id<UserId>(json["user_id"]),
            .view = readView(json),
            .onlineAt = seconds(json["online_at"]),
            .lastHeartbeat = seconds(json["last_heartbeat"]),
            .devices = static_cast<int>(whole(json["devices"])),
            .idleDevices = static_cast<int>(whole(json["idle_devices"])),
            .nodes = readRows<QByteArray>(json["nodes"], &text)};
}

ChannelUserRow readChannelUserRow(const JsonView &json)
{
    return {id<UserId>(json["user_id"]), orNothing<Seconds>(json["viewing_since"], &seconds),
            orNothing<Milliseconds>(json["typing_until"], &milliseconds)};
}

ChannelRow readChannelRow(const JsonView &json)
{
    return {id<ChannelId>(json["channel_id"]), whole(json["viewers"]), whole(json["typing"])};
}

static SessionRow readSession(const JsonView &json)
{
    static const QHash<QByteArray, SessionRow::Kind> kinds{
        {"rest"_ba, SessionRow::Kind::Rest}, {"external"_ba, SessionRow::Kind::External}};
    SessionRow row{.session = id<SessionId>(json["session_id"]),
                   .device = id<DeviceId>(json["device_id"]),
                   .kind = kinds.value(text(json["kind"]), SessionRow::Kind::WebSocket),
                   .node = text(json["node"]),
                   .isNodeAlive = json["node_alive"].isTrue(),
                   .channels = readRows<ChannelId>(json["channels"], &id<ChannelId>),
                   .isIdle = json["idle"].isTrue(),
                   .hasEnded = json["ended"].isTrue(),
                   .connectedAt = orNothing<Milliseconds>(json["connected_at"], &milliseconds),
                   .lastHeartbeat = seconds(json["last_heartbeat"]),
                   .deadline = milliseconds(json["deadline"])};
    if (json["workspace_id"].isGiven())
        row.workspace = id<WorkspaceId>(json["workspace_id"]);
    return row;
}

static ChangeRow readChange(const JsonView &json)
{
    static const QHash<QByteArray, ChangeRow::By> by{{"operator"_ba, ChangeRow::By::Operator},
                                                     {"service"_ba, ChangeRow::By::Service}};
    return {.at = seconds(json["at"]),
            .seen = status(json["seen"], Status::Offline),
            .chosen = status(json["chosen"], Status::Online),
            .cause = text(json["cause"]),
            .customMessage = text(json["custom_message"]),
            .emoji = text(json["emoji"]),
            .device = id<DeviceId>(json["device_id"]),
            .node = text(json["node"]),
            .by = by.value(text(json["by"]), ChangeRow::By::User),
            .byId = id<UserId>(json["by_id"])};
}

static NextChange readNext(const JsonView &json)
{
    return {milliseconds(json["at"]), status(json["status"], Status::Offline), text(json["cause"])};
}

static Rule readRule(const JsonView &json)
{
    static const QHash<QByteArray, Rule> rules{{"hidden"_ba, Rule::Hidden},
                                               {"chosen"_ba, Rule::Chosen},
                                               {"all_idle"_ba, Rule::AllIdle},
                                               {"active"_ba, Rule::Active},
                                               {"lost"_ba, Rule::Lost}};
    return rules.value(text(json), Rule::NoDevice);
}

UserDetails readUserDetails(const JsonView &json)
{
    return {.user = id<UserId>(json["user_id"]),
            .time = milliseconds(json["time"]),
            .isKnown = json["known"].isTrue(),
            .effective = readView(json["effective"]),
            .seen = readView(json["seen"]),
            .seenAt = orNothing<Seconds>(json["seen_at"], &seconds),
            .stored = readView(json["stored"]),
            .updatedAt = orNothing<Seconds>(json["updated_at"], &seconds),
            .expiresAt = orNothing<Seconds>(json["expires_at"], &seconds),
            .lastSeen = orNothing<Seconds>(json["last_seen"], &seconds),
            .sessions = readRows<SessionRow>(json["sessions"], &readSession),
            .workspaces = readRows<WorkspaceId>(json["workspaces"], &id<WorkspaceId>),
            .rule = readRule(json["rule"]),
            .next = orNothing<NextChange>(json["next"], &readNext),
            .changes = readRows<ChangeRow>(json["changes"], &readChange)};
}

std::vector<ChangeRow> readChanges(const JsonView &json)
{
    return readRows<ChangeRow>(json, &readChange);
}

GhostRow readGhostRow(const JsonView &json)
{
    return {id<UserId>(json["user_id"]), readSession(json),
            json["reason"].bytes() == "node_gone" ? GhostRow::Reason::NodeGone
                                                  : GhostRow::Reason::Silent};
}

FlappingRow readFlappingRow(const JsonView &json)
{
    return {id<UserId>(json["user_id"]), static_cast<int>(whole(json["changes"])),
            seconds(json["last_at"])};
}

static FoundDevice readFoundDevice(const JsonView &json)
{
    return {id<DeviceId>(json["device_id"]), id<UserId>(json["user_id"])};
}

static FoundArchived readFoundArchived(const JsonView &json)
{
    return {id<UserId>(json["user_id"]), orNothing<Seconds>(json["last_seen"], &seconds)};
}

FoundNames readFoundNames(const JsonView &json)
{
    return {.users = readRows<UserId>(json["users"], &id<UserId>),
            .archived = readRows<FoundArchived>(json["archived"], &readFoundArchived),
            .isArchiveAway = json["archive_away"].isTrue(),
            .devices = readRows<FoundDevice>(json["devices"], &readFoundDevice),
            .channels = readRows<ChannelId>(json["channels"], &id<ChannelId>),
            .workspaces = readRows<WorkspaceId>(json["workspaces"], &id<WorkspaceId>),
            .nodes = readRows<QByteArray>(json["nodes"], &text),
            .examined = whole(json["examined"]),
            .isComplete = json["complete"].isTrue(),
            .next = text(json["next"])};
}

EventRow readEventRow(const JsonView &json)
{
    static const QHash<QByteArray, EventRow::Kind> kinds{
        {"workspace"_ba, EventRow::Kind::Workspace},
        {"view"_ba, EventRow::Kind::View},
        {"typing"_ba, EventRow::Kind::Typing},
        {"command"_ba, EventRow::Kind::Command}};
    return {.time = milliseconds(json["time"]),
            .kind = kinds.value(text(json["kind"]), EventRow::Kind::Status),
            .user = id<UserId>(json["user_id"]),
            .workspace = id<WorkspaceId>(json["workspace_id"]),
            .channel = id<ChannelId>(json["channel_id"]),
            .view = readView(json),
            .action = text(json["action"]),
            .detail = text(json["detail"])};
}

} // namespace presence::protocol
