// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/incidentjson.h"

#include "shared/protocol/adminreader.h"

#include <QJsonArray>

#include <algorithm>

namespace presence::protocol {

using namespace Qt::StringLiterals;
using Kind = IncidentRow::Kind;
using Outcome = LostUser::Outcome;

namespace {

template <typename Value>
struct Name
{
    Value value;
    const char *name;
};

} // namespace

static constexpr std::array kKinds{Name{Kind::NodeUp, "node_up"},
                                   Name{Kind::NodeRestarted, "node_restarted"},
                                   Name{Kind::NodeUnreachable, "node_unreachable"},
                                   Name{Kind::NodeBack, "node_back"},
                                   Name{Kind::NodeDraining, "node_draining"},
                                   Name{Kind::NodeStopped, "node_stopped"},
                                   Name{Kind::RedisLost, "redis_lost"},
                                   Name{Kind::RedisBack, "redis_back"},
                                   Name{Kind::RedisEmptied, "redis_emptied"},
                                   Name{Kind::Operator, "operator"},
                                   Name{Kind::Storm, "storm"}};
static constexpr std::array kOutcomes{Name{Outcome::Waiting, "waiting"},
                                      Name{Outcome::Returned, "returned"},
                                      Name{Outcome::Expired, "expired"}};

template <typename Names, typename Value>
static QString nameOf(const Names &names, Value value)
{
    const auto found = std::ranges::find(names, value, &Name<Value>::value);
    return found == names.end() ? QString() : QString::fromLatin1(found->name);
}

template <typename Value, typename Names>
static Value valueOf(const Names &names, const JsonView &json, Value otherwise)
{
    const auto found = std::ranges::find_if(
        names, [name = json.bytes()](const auto &each) { return name == each.name; });
    return found == names.end() ? otherwise : found->value;
}

static QByteArray bytesOf(const JsonView &json)
{
    return json.bytes().toByteArray();
}

/// Not of so many years that milliseconds between two such would overflow.
static std::chrono::milliseconds durationOf(const JsonView &json)
{
    constexpr std::chrono::milliseconds kLongest = std::chrono::years(10'000);
    const qint64 count = json.toWhole().value_or(0);
    return std::chrono::milliseconds(std::abs(count) <= kLongest.count() ? count : 0);
}

QJsonObject toJson(const Summary &summary)
{
    QJsonObject json{{"time"_L1, qint64(summary.time.time_since_epoch().count())}};
    for (const auto &[name, member] : kSpans) {
        const Span &span = summary.*member;
        // Three digits are more than anybody sees in a chart.
        const auto rounded = [](double value) { return std::round(value * 1000) / 1000; };
        json[QLatin1StringView(name)]
            = QJsonArray{rounded(span.least), rounded(span.average), rounded(span.most)};
    }
    return json;
}

Summary readSummary(const JsonView &json)
{
    Summary summary{.time = Milliseconds(durationOf(json["time"]))};
    for (const auto &[name, member] : kSpans) {
        std::array<JsonView, 3> values;
        if (json[name].readElements(values))
            summary.*member = {values[0].toNumber(), values[1].toNumber(), values[2].toNumber()};
    }
    return summary;
}

static QJsonObject toJson(const LostUser &user)
{
    QJsonObject json{{"user_id"_L1, user.user.toString()},
                     {"outcome"_L1, nameOf(kOutcomes, user.outcome)}};
    if (user.outcome == Outcome::Returned) {
        json["node"_L1] = QString::fromUtf8(user.node);
        json["after"_L1] = qint64(user.after.count());
    }
    return json;
}

static LostUser readLostUser(const JsonView &json)
{
    return {.user = UserId(bytesOf(json["user_id"])),
            .outcome = valueOf(kOutcomes, json["outcome"], Outcome::Waiting),
            .node = bytesOf(json["node"]),
            .after = durationOf(json["after"])};
}

static QJsonObject toJson(const LostUsers &lost)
{
    QJsonArray examples;
    for (const LostUser &user : lost.examples)
        examples.append(toJson(user));
    return {{"users"_L1, lost.users},
            {"returned"_L1, lost.returned},
            {"expired"_L1, lost.expired},
            {"complete"_L1, lost.isComplete},
            {"examples"_L1, examples}};
}

static LostUsers readLostUsers(const JsonView &json)
{
    return {.users = json["users"].toWhole().value_or(0),
            .returned = json["returned"].toWhole().value_or(0),
            .expired = json["expired"].toWhole().value_or(0),
            .isComplete = json["complete"].isTrue(),
            .examples = readRows<LostUser>(json["examples"], &readLostUser)};
}

QJsonObject toJson(const IncidentRow &incident)
{
    QJsonObject json{{"kind"_L1, nameOf(kKinds, incident.kind)}};
    const auto add = [&json](QLatin1StringView name, const QByteArray &utf8) {
        if (!utf8.isEmpty())
            json[name] = QString::fromUtf8(utf8);
    };
    add("id"_L1, incident.id);
    if (incident.time != Milliseconds())
        json["time"_L1] = qint64(incident.time.time_since_epoch().count());
    add("node"_L1, incident.node);
    if (incident.duration.count() != 0)
        json["duration"_L1] = qint64(incident.duration.count());
    if (incident.devices != 0)
        json["devices"_L1] = incident.devices;
    if (incident.lost)
        json["lost"_L1] = toJson(*incident.lost);
    add("user_id"_L1, incident.user.bytes());
    add("by"_L1, incident.by.bytes());
    add("action"_L1, incident.action);
    add("detail"_L1, incident.detail);
    if (incident.kind == Kind::Storm) {
        json["joins"_L1] = incident.joins;
        json["usual"_L1] = incident.usual;
    }
    return json;
}

IncidentRow readIncident(const JsonView &json)
{
    IncidentRow incident{.id = bytesOf(json["id"]),
                         .time = Milliseconds(durationOf(json["time"])),
                         .kind = valueOf(kKinds, json["kind"], Kind::Unknown),
                         .node = bytesOf(json["node"]),
                         .duration = durationOf(json["duration"]),
                         .devices = json["devices"].toWhole().value_or(0),
                         .user = UserId(bytesOf(json["user_id"])),
                         .by = UserId(bytesOf(json["by"])),
                         .action = bytesOf(json["action"]),
                         .detail = bytesOf(json["detail"]),
                         .joins = json["joins"].toNumber(),
                         .usual = json["usual"].toNumber()};
    if (json["lost"].isGiven())
        incident.lost = readLostUsers(json["lost"]);
    return incident;
}

} // namespace presence::protocol
