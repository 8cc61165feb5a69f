// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/sessionsmodel.h"

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

static QString sessionState(const SessionRow &session)
{
    if (session.hasEnded)
        return SessionsModel::tr("disconnected, grace period");
    return session.isIdle ? SessionsModel::tr("idle") : SessionsModel::tr("active");
}

static QString warningOf(const SessionRow &session)
{
    return session.isNodeAlive
        ? QString()
        : SessionsModel::tr("A ghost: its node is unreachable. It expires on its own.");
}

template <typename Id>
static QString listOf(const std::vector<Id> &ids)
{
    QStringList names;
    for (const Id &id : ids)
        names.append(id.toString());
    return names.join(QStringLiteral(", "));
}

static std::vector<Column<SessionRow>> sessionColumns(const Clock &clock)
{
    const auto sortBy = [](auto member) {
        return [member](const SessionRow &row) {
            return QVariant(qint64((row.*member).time_since_epoch().count()));
        };
    };
    return {{SessionsModel::tr("Device"),
             [](const SessionRow &row) { return row.device.toString(); },
             {},
             [](const SessionRow &row) {
                 return SessionsModel::tr("Session %1").arg(row.session.toString());
             }},
            {SessionsModel::tr("Kind"), [](const SessionRow &row) { return kindText(row.kind); }},
            {SessionsModel::tr("State"), &sessionState},
            {SessionsModel::tr("Workspace"),
             [](const SessionRow &row) {
                 return row.workspace ? row.workspace->toString() : QString();
             }},
            {SessionsModel::tr("Node"),
             [](const SessionRow &row) {
                 return row.node == "?" ? SessionsModel::tr("unknown")
                                        : QString::fromUtf8(row.node);
             }},
            {SessionsModel::tr("Heartbeat"),
             [&clock](const SessionRow &row) { return agoText(row.lastHeartbeat, clock.now()); },
             sortBy(&SessionRow::lastHeartbeat),
             [](const SessionRow &row) { return exactTimeText(row.lastHeartbeat); }},
            {SessionsModel::tr("Expires in"),
             [&clock](const SessionRow &row) { return durationText(row.deadline - clock.now()); },
             sortBy(&SessionRow::deadline),
             [](const SessionRow &row) {
                 return SessionsModel::tr("Without another heartbeat, at\n%1")
                     .arg(exactTimeText(row.deadline));
             }},
            {SessionsModel::tr("Connected"),
             [](const SessionRow &row) {
                 return row.connectedAt ? timeText(*row.connectedAt) : QString();
             },
             [](const SessionRow &row) {
                 return QVariant(
                     qint64(row.connectedAt.value_or(Milliseconds()).time_since_epoch().count()));
             },
             [](const SessionRow &row) {
                 return row.connectedAt ? exactTimeText(*row.connectedAt) : QString();
             }},
            {SessionsModel::tr("Channels"),
             [](const SessionRow &row) { return listOf(row.channels); }}};
}

SessionsModel::SessionsModel(const Clock &clock, QObject *parent)
    : RowsModel(
        sessionColumns(clock), [](const SessionRow &row) { return row.session.bytes(); }, parent)
{
}

QVariant SessionsModel::more(const SessionRow &session, int, int role) const
{
    if (role == WarningRole)
        return warningOf(session);
    if (role == SessionRole)
        return session.session.toString();
    return role == DeviceRole ? QVariant(session.device.toString()) : QVariant();
}

/// As on the wire.
static QJsonValue nameOf(SessionRow::Kind kind)
{
    static constexpr std::array kNames{"websocket"_L1, "rest"_L1, "external"_L1};
    return kNames[static_cast<size_t>(kind)];
}

static QJsonValue channelsOf(const SessionRow &session)
{
    QJsonArray channels;
    for (const ChannelId &channel : session.channels)
        channels.append(channel.toString());
    return channels;
}

std::vector<Field<SessionRow>> SessionsModel::fields() const
{
    return {
        {u"device_id"_s, [](const SessionRow &row) { return exportedId(row.device); }},
        {u"session_id"_s, [](const SessionRow &row) { return exportedId(row.session); }},
        {u"kind"_s, [](const SessionRow &row) { return nameOf(row.kind); }},
        {u"idle"_s, [](const SessionRow &row) { return QJsonValue(row.isIdle); }},
        {u"ended"_s, [](const SessionRow &row) { return QJsonValue(row.hasEnded); }},
        {u"workspace_id"_s, [](const SessionRow &row) { return exportedId(row.workspace); }},
        {u"node"_s, [](const SessionRow &row) { return exportedText(row.node); }},
        {u"node_alive"_s, [](const SessionRow &row) { return QJsonValue(row.isNodeAlive); }},
        {u"connected_at"_s, [](const SessionRow &row) { return exportedTime(row.connectedAt); }},
        {u"last_heartbeat"_s,
         [](const SessionRow &row) { return exportedTime(row.lastHeartbeat); }},
        {u"deadline"_s, [](const SessionRow &row) { return exportedTime(row.deadline); }},
        {u"channels"_s, &channelsOf}};
}

} // namespace presence::dashboard
