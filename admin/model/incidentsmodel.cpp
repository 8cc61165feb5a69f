// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/incidentsmodel.h"

#include "shared/protocol/incidentjson.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;

QString incidentText(const IncidentRow &incident)
{
    switch (incident.kind) {
    case IncidentRow::Kind::NodeUp:
        return IncidentsModel::tr("Node started");
    case IncidentRow::Kind::NodeRestarted:
        return IncidentsModel::tr("Node crashed and restarted");
    case IncidentRow::Kind::NodeUnreachable:
        return IncidentsModel::tr("Node unreachable");
    case IncidentRow::Kind::NodeBack:
        return IncidentsModel::tr("Node back");
    case IncidentRow::Kind::NodeDraining:
        return IncidentsModel::tr("Node draining");
    case IncidentRow::Kind::NodeStopped:
        return IncidentsModel::tr("Node stopped");
    case IncidentRow::Kind::RedisLost:
        return IncidentsModel::tr("Redis unreachable");
    case IncidentRow::Kind::RedisBack:
        return IncidentsModel::tr("Redis back");
    case IncidentRow::Kind::RedisEmptied:
        return IncidentsModel::tr("Redis lost its data");
    case IncidentRow::Kind::Operator:
        return IncidentsModel::tr("Operator: %1").arg(commandText(incident.action));
    case IncidentRow::Kind::Storm:
        return IncidentsModel::tr("Storm of joins");
    case IncidentRow::Kind::Unknown:
        break;
    }
    return IncidentsModel::tr("Unknown");
}

bool isTrouble(const IncidentRow &incident)
{
    return incident.kind == IncidentRow::Kind::NodeUnreachable
        || incident.kind == IncidentRow::Kind::NodeRestarted
        || incident.kind == IncidentRow::Kind::RedisLost
        || incident.kind == IncidentRow::Kind::RedisEmptied
        || incident.kind == IncidentRow::Kind::Storm;
}

static QString lostText(const LostUsers &lost)
{
    const auto waiting = lost.users - lost.returned - lost.expired;
    QStringList parts{IncidentsModel::tr("%n came back", nullptr, int(lost.returned))};
    if (lost.expired > 0)
        parts.append(IncidentsModel::tr("%n did not", nullptr, int(lost.expired)));
    if (waiting > 0)
        parts.append(IncidentsModel::tr("%n not yet", nullptr, int(waiting)));
    const QString users = IncidentsModel::tr("%n user(s)", nullptr, int(lost.users));
    const QString text = lost.isComplete ? users : IncidentsModel::tr("of %1 looked at").arg(users);
    return text + u": "_s + parts.join(u", "_s);
}

QString incidentDetails(const IncidentRow &incident)
{
    switch (incident.kind) {
    case IncidentRow::Kind::NodeUnreachable: {
        const QString devices = IncidentsModel::tr("%n device(s)", nullptr, int(incident.devices));
        return incident.lost ? devices + u"; "_s + lostText(*incident.lost) : devices;
    }
    case IncidentRow::Kind::NodeBack:
    case IncidentRow::Kind::RedisBack:
        return IncidentsModel::tr("after %1").arg(durationText(incident.duration));
    case IncidentRow::Kind::RedisEmptied:
        return IncidentsModel::tr("Nodes tell it again who is there.");
    case IncidentRow::Kind::Operator:
        return IncidentsModel::tr("%1, by %2: %3")
            .arg(incident.user.toString(), incident.by.toString(),
                 QString::fromUtf8(incident.detail));
    case IncidentRow::Kind::Storm:
        return IncidentsModel::tr("%1 joins/s; in the hour before %2")
            .arg(rateText(incident.joins), rateText(incident.usual));
    default:
        return {};
    }
}

static QString whereText(const IncidentRow &incident)
{
    if (!incident.node.isEmpty())
        return QString::fromUtf8(incident.node);
    return incident.kind == IncidentRow::Kind::Operator ? incident.user.toString()
                                                        : IncidentsModel::tr("cluster");
}

static std::vector<Column<IncidentRow>> incidentColumns()
{
    return {{IncidentsModel::tr("Time"), [](const IncidentRow &row) { return timeText(row.time); },
             [](const IncidentRow &row) {
                 return QVariant(qint64(row.time.time_since_epoch().count()));
             },
             [](const IncidentRow &row) { return exactTimeText(row.time); }},
            {IncidentsModel::tr("What"), &incidentText},
            {IncidentsModel::tr("Where"), &whereText},
            {IncidentsModel::tr("Details"), &incidentDetails}};
}

IncidentsModel::IncidentsModel(OverviewModel &overview, QObject *parent)
    : RowsModel(
        incidentColumns(), [](const IncidentRow &row) { return row.id; }, parent)
{
    connect(&overview, &OverviewModel::incidentsChanged, this, [this, &overview] {
        const auto &incidents = overview.incidents();
        setRows({incidents.begin(), incidents.end()});
    });
}

QVariant IncidentsModel::more(const IncidentRow &incident, int, int role) const
{
    if (role == WarningRole && isTrouble(incident))
        return incidentText(incident);
    if (role == UserRole)
        return incident.user.toString();
    if (role == IncidentRole)
        return incident.id;
    return {};
}

static Field<IncidentRow> lostField(const QString &name, qint64 LostUsers::*member)
{
    return {name, [member](const IncidentRow &incident) {
                return incident.lost ? QJsonValue(*incident.lost.*member) : QJsonValue();
            }};
}

std::vector<Field<IncidentRow>> IncidentsModel::fields() const
{
    return {
        {u"time"_s, [](const IncidentRow &row) { return exportedTime(row.time); }},
        {u"kind"_s, [](const IncidentRow &row) { return protocol::toJson(row).value("kind"_L1); }},
        {u"node"_s, [](const IncidentRow &row) { return exportedText(row.node); }},
        {u"duration_ms"_s,
         [](const IncidentRow &row) {
             return row.duration.count() > 0 ? QJsonValue(qint64(row.duration.count()))
                                             : QJsonValue();
         }},
        lostField(u"users"_s, &LostUsers::users),
        lostField(u"returned"_s, &LostUsers::returned),
        lostField(u"expired"_s, &LostUsers::expired),
        {u"user_id"_s, [](const IncidentRow &row) { return exportedId(row.user); }},
        {u"by"_s, [](const IncidentRow &row) { return exportedId(row.by); }},
        {u"action"_s, [](const IncidentRow &row) { return exportedText(row.action); }},
        {u"detail"_s, [](const IncidentRow &row) { return exportedText(row.detail); }}};
}

static QString outcomeText(const LostUser &user)
{
    switch (user.outcome) {
    case LostUser::Outcome::Returned:
        return LostUsersModel::tr("reconnected to %1").arg(QString::fromUtf8(user.node));
    case LostUser::Outcome::Expired:
        return LostUsersModel::tr("did not come back: expired");
    case LostUser::Outcome::Waiting:
        break;
    }
    return LostUsersModel::tr("not back yet");
}

LostUsersModel::LostUsersModel(QObject *parent)
    : RowsModel(
        {{tr("User"), [](const LostUser &user) { return user.user.toString(); }},
         {tr("Outcome"), &outcomeText},
         {tr("After"),
          [](const LostUser &user) {
              return user.outcome == LostUser::Outcome::Returned ? durationText(user.after)
                                                                 : QString();
          },
          [](const LostUser &user) { return QVariant(qint64(user.after.count())); },
          {},
          kNumberAlignment}},
        [](const LostUser &user) { return user.user.bytes(); }, parent)
{
}

QVariant LostUsersModel::more(const LostUser &user, int, int role) const
{
    return role == UserRole ? QVariant(user.user.toString()) : QVariant();
}

/// As on the wire.
static QJsonValue outcomeName(const LostUser &user)
{
    static constexpr std::array kNames{"waiting"_L1, "returned"_L1, "expired"_L1};
    return kNames[static_cast<size_t>(user.outcome)];
}

std::vector<Field<LostUser>> LostUsersModel::fields() const
{
    return {{u"user_id"_s, [](const LostUser &user) { return exportedId(user.user); }},
            {u"outcome"_s, &outcomeName},
            {u"node"_s, [](const LostUser &user) { return exportedText(user.node); }},
            {u"after_ms"_s, [](const LostUser &user) {
                 return user.outcome == LostUser::Outcome::Returned
                     ? QJsonValue(qint64(user.after.count()))
                     : QJsonValue();
             }}};
}

} // namespace presence::dashboard
