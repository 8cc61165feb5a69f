// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/adminwriter.h"

namespace presence::protocol {

using namespace Qt::StringLiterals;

static QString text(const QByteArray &utf8)
{
    return QString::fromUtf8(utf8);
}

template <typename Time>
static qint64 whole(Time time)
{
    return static_cast<qint64>(time.time_since_epoch().count());
}

template <typename Time>
static QJsonValue orNull(const std::optional<Time> &time)
{
    return time ? QJsonValue(whole(*time)) : QJsonValue();
}

static QJsonValue textOrNull(const QByteArray &utf8)
{
    return utf8.isEmpty() ? QJsonValue() : QJsonValue(text(utf8));
}

template <typename Ids>
static QJsonArray names(const Ids &ids)
{
    QJsonArray array;
    for (const auto &id : ids)
        array.append(id.toString());
    return array;
}

template <typename Counted>
static QJsonObject counted(const Counted &counted)
{
    return {{"joins"_L1, counted.joins},
            {"events"_L1, counted.events},
            {"deliveries"_L1, counted.deliveries},
            {"messages"_L1, counted.messages}};
}

QJsonObject toJson(const Figures &figures)
{
    QJsonObject json{{"time"_L1, whole(figures.time)},
                     {"users"_L1, figures.users},
                     {"devices"_L1, figures.devices},
                     {"connections"_L1, figures.connections},
                     {"typing"_L1, figures.typing},
                     {"channels"_L1, figures.channels},
                     {"workspaces"_L1, figures.workspaces},
                     {"joins"_L1, figures.joins},
                     {"events"_L1, figures.events},
                     {"deliveries"_L1, figures.deliveries},
                     {"messages"_L1, figures.messages},
                     {"peak"_L1, counted(figures.peak)},
                     {"totals"_L1, counted(figures.totals)},
                     {"redis_latency_us"_L1, static_cast<qint64>(figures.redisLatency.count())}};
    if (figures.least)
        json["least"_L1] = counted(*figures.least);
    return json;
}

QJsonObject toJson(const NodeRow &node)
{
    return {{"name"_L1, text(node.name)},
            {"version"_L1, text(node.version)},
            {"started_at"_L1, whole(node.startedAt)},
            {"seen_at"_L1, whole(node.seenAt)},
            {"connections"_L1, node.connections},
            {"devices"_L1, node.devices},
            {"shards"_L1, node.shards},
            {"lag_ms"_L1, static_cast<qint64>(node.lag.count())},
            {"memory"_L1, node.memory},
            {"processor"_L1, node.processor},
            {"joins"_L1, node.joins},
            {"events"_L1, node.events},
            {"deliveries"_L1, node.deliveries},
            {"messages"_L1, node.messages},
            {"draining"_L1, node.isDraining},
            {"alive"_L1, node.isAlive},
            {"sweeping"_L1, node.isSweeping}};
}

QJsonObject toJson(const WorkspaceRow &workspace)
{
    return {{"workspace_id"_L1, workspace.workspace.toString()}, {"users"_L1, workspace.users}};
}

static QJsonObject toJson(const RedisState &redis)
{
    if (!redis.isReachable)
        return {{"reachable"_L1, false}};
    return {{"reachable"_L1, true},
            {"version"_L1, text(redis.version)},
            {"used_memory"_L1, redis.usedMemory},
            {"clients"_L1, redis.clients},
            {"commands_per_second"_L1, redis.commandsPerSecond}};
}

static QJsonValue toJson(const std::optional<ArchiveFigures> &archive)
{
    if (!archive)
        return {};
    return QJsonObject{{"available"_L1, archive->isAvailable},
                       {"waiting"_L1, archive->waiting},
                       {"lag"_L1, static_cast<qint64>(archive->lag.count())}};
}

static QLatin1StringView nameOf(Finding::Level level)
{
    switch (level) {
    case Finding::Level::Info:
        return "info"_L1;
    case Finding::Level::Degraded:
        return "degraded"_L1;
    case Finding::Level::Down:
        break;
    }
    return "down"_L1;
}

static QLatin1StringView nameOf(Verdict::Level level)
{
    switch (level) {
    case Verdict::Level::Healthy:
        return "healthy"_L1;
    case Verdict::Level::Degraded:
        return "degraded"_L1;
    case Verdict::Level::Down:
        break;
    }
    return "down"_L1;
}

QJsonObject toJson(const Finding &finding)
{
    QJsonObject json{{"kind"_L1, text(finding.kind)}, {"level"_L1, nameOf(finding.level)}};
    if (!finding.subject.isEmpty())
        json["subject"_L1] = text(finding.subject);
    if (finding.since)
        json["since_at"_L1] = whole(*finding.since);
    if (finding.endsAt)
        json["ends_at"_L1] = whole(*finding.endsAt);
    if (finding.count != 0)
        json["count"_L1] = finding.count;
    if (!finding.detail.isEmpty())
        json["detail"_L1] = text(finding.detail);
    return json;
}

static QJsonObject toJson(const Verdict &verdict)
{
    return {{"level"_L1, nameOf(verdict.level)}, {"findings"_L1, toJsonArray(verdict.findings)}};
}

QJsonObject toJson(const Overview &overview)
{
    QJsonObject json{{"redis"_L1, toJson(overview.redis)}};
    if (overview.verdict)
        json["verdict"_L1] = toJson(*overview.verdict);
    if (!overview.redis.isReachable)
        return json;
    json["figures"_L1] = toJson(overview.figures);
    json["archive"_L1] = toJson(overview.archive);
    json["nodes"_L1] = toJsonArray(overview.nodes);
    json["workspaces"_L1] = toJsonArray(overview.workspaces);
    return json;
}

static QJsonObject toJson(const StatusView &view)
{
    return {{"status"_L1, toName(view.status)},
            {"custom_message"_L1, textOrNull(view.customMessage)},
            {"emoji"_L1, textOrNull(view.emoji)}};
}

static QLatin1StringView nameOf(SessionRow::Kind kind)
{
    switch (kind) {
    case SessionRow::Kind::WebSocket:
        return "websocket"_L1;
    case SessionRow::Kind::Rest:
        return "rest"_L1;
    case SessionRow::Kind::External:
        break;
    }
    return "external"_L1;
}

QJsonObject toJson(const SessionRow &session)
{
    return {{"session_id"_L1, session.session.toString()},
            {"device_id"_L1, session.device.toString()},
            {"kind"_L1, nameOf(session.kind)},
            {"node"_L1, textOrNull(session.node)},
            {"node_alive"_L1, session.isNodeAlive},
            {"workspace_id"_L1,
             session.workspace ? QJsonValue(session.workspace->toString()) : QJsonValue()},
            {"channels"_L1, names(session.channels)},
            {"idle"_L1, session.isIdle},
            {"ended"_L1, session.hasEnded},
            {"connected_at"_L1, orNull(session.connectedAt)},
            {"last_heartbeat"_L1, whole(session.lastHeartbeat)},
            {"deadline"_L1, whole(session.deadline)}};
}

static QJsonValue nameOf(ChangeRow::By by)
{
    switch (by) {
    case ChangeRow::By::User:
        break;
    case ChangeRow::By::Operator:
        return "operator"_L1;
    case ChangeRow::By::Service:
        return "service"_L1;
    }
    return {};
}

QJsonObject toJson(const ChangeRow &change)
{
    return {{"at"_L1, whole(change.at)},
            {"seen"_L1, toName(change.seen)},
            {"chosen"_L1, toName(change.chosen)},
            {"cause"_L1, text(change.cause)},
            {"custom_message"_L1, textOrNull(change.customMessage)},
            {"emoji"_L1, textOrNull(change.emoji)},
            {"device_id"_L1, textOrNull(change.device.bytes())},
            {"node"_L1, textOrNull(change.node)},
            {"by"_L1, nameOf(change.by)},
            {"by_id"_L1, textOrNull(change.byId.bytes())}};
}

static QLatin1StringView nameOf(Rule rule)
{
    switch (rule) {
    case Rule::NoDevice:
        return "no_device"_L1;
    case Rule::Hidden:
        return "hidden"_L1;
    case Rule::Chosen:
        return "chosen"_L1;
    case Rule::AllIdle:
        return "all_idle"_L1;
    case Rule::Active:
        return "active"_L1;
    case Rule::Lost:
        break;
    }
    return "lost"_L1;
}

static QJsonValue toJson(const std::optional<NextChange> &next)
{
    if (!next)
        return {};
    return QJsonObject{{"at"_L1, whole(next->at)},
                       {"status"_L1, toName(next->status)},
                       {"cause"_L1, text(next->cause)}};
}

QJsonObject toJson(const UserDetails &details)
{
    return {{"user_id"_L1, details.user.toString()},
            {"time"_L1, whole(details.time)},
            {"known"_L1, details.isKnown},
            {"effective"_L1, toJson(details.effective)},
            {"seen"_L1, toJson(details.seen)},
            {"seen_at"_L1, orNull(details.seenAt)},
            {"stored"_L1, toJson(details.stored)},
            {"updated_at"_L1, orNull(details.updatedAt)},
            {"expires_at"_L1, orNull(details.expiresAt)},
            {"last_seen"_L1, orNull(details.lastSeen)},
            {"sessions"_L1, toJsonArray(details.sessions)},
            {"workspaces"_L1, names(details.workspaces)},
            {"rule"_L1, nameOf(details.rule)},
            {"next"_L1, toJson(details.next)},
            {"changes"_L1, toJsonArray(details.changes)}};
}

QJsonObject toJson(const GhostRow &ghost)
{
    QJsonObject json = toJson(ghost.session);
    json["user_id"_L1] = ghost.user.toString();
    json["reason"_L1] = ghost.reason == GhostRow::Reason::NodeGone ? "node_gone"_L1 : "silent"_L1;
    return json;
}

QJsonObject toJson(const FlappingRow &user)
{
    return {{"user_id"_L1, user.user.toString()},
            {"changes"_L1, user.changes},
            {"last_at"_L1, whole(user.lastAt)}};
}

QJsonObject toJson(const ChannelRow &channel)
{
    return {{"channel_id"_L1, channel.channel.toString()},
            {"viewers"_L1, channel.viewers},
            {"typing"_L1, channel.typing}};
}

QJsonObject toJson(const FoundNames &found)
{
    QJsonArray devices;
    for (const FoundDevice &device : found.devices)
        devices.append(QJsonObject{{"device_id"_L1, device.device.toString()},
                                   {"user_id"_L1, device.user.toString()}});
    QJsonArray nodes;
    for (const QByteArray &node : found.nodes)
        nodes.append(text(node));
    QJsonArray archived;
    for (const FoundArchived &user : found.archived)
        archived.append(QJsonObject{{"user_id"_L1, user.user.toString()},
                                    {"last_seen"_L1, orNull(user.lastSeen)}});
    return {{"users"_L1, names(found.users)},
            {"archived"_L1, archived},
            {"archive_away"_L1, found.isArchiveAway},
            {"devices"_L1, devices},
            {"channels"_L1, names(found.channels)},
            {"workspaces"_L1, names(found.workspaces)},
            {"nodes"_L1, nodes},
            {"examined"_L1, found.examined},
            {"complete"_L1, found.isComplete},
            {"next"_L1, found.next.isEmpty() ? QJsonValue() : text(found.next)}};
}

} // namespace presence::protocol
