// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/sessiontext.h"

#include "server/presence/session.h"

#include <algorithm>

namespace presence::admin {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

static SessionRow::Kind kindOf(const QByteArray &session)
{
    return session.startsWith(rules::kRestSessionPrefix) ? SessionRow::Kind::Rest
                                                         : SessionRow::Kind::WebSocket;
}

std::optional<SessionRow> readSession(const QByteArray &id, const QByteArray &text,
                                      const SessionReading &with)
{
    const QByteArrayList fields = text.split(' ');
    if (fields.size() != 5)
        return std::nullopt;
    SessionRow row{.session = SessionId(id), .device = DeviceId(fields[3]), .kind = kindOf(id)};
    row.deadline = Milliseconds(milliseconds(fields[0].toLongLong()));
    row.connectedAt = Milliseconds(milliseconds(fields[1].toLongLong() / 1000));
    row.isIdle = fields[2].startsWith('i');
    row.hasEnded = fields[2].endsWith('e') && fields[2].size() == 2;
    if (!fields[4].isEmpty())
        row.workspace = WorkspaceId(fields[4]);
    // One that has ended has the end of the grace as its deadline.
    const auto heartbeat = std::min(row.hasEnded ? with.now : row.deadline - with.ttl, with.now);
    row.lastHeartbeat = std::chrono::floor<std::chrono::seconds>(heartbeat);
    if (row.kind == SessionRow::Kind::WebSocket) {
        const NodeNames::Node node = with.nodes.nodeOf(row.session);
        row.node = node.name;
        row.isNodeAlive = node.isAlive;
        row.isNodeBehind = node.isBehind;
    } else {
        row.isNodeBehind = with.nodes.isAnyBehind();
    }
    return row;
}

bool isOver(const SessionRow &session, Milliseconds now)
{
    return session.hasEnded && session.deadline <= now;
}

std::optional<GhostRow::Reason> ghostReason(const SessionRow &session, Milliseconds now,
                                            std::chrono::milliseconds heartbeat)
{
    // Within the grace it is no ghost: it may come back.
    if ((session.hasEnded && session.deadline > now) || session.isNodeBehind)
        return std::nullopt;
    const bool isSilent = session.deadline <= now
        || (session.kind == SessionRow::Kind::WebSocket
            && now - session.lastHeartbeat > 2 * heartbeat + 1s);
    if (!isSilent)
        return std::nullopt;
    return session.isNodeAlive ? GhostRow::Reason::Silent : GhostRow::Reason::NodeGone;
}

Connected readConnected(const std::vector<redis::Reply> &sessions, const SessionReading &with)
{
    // Of a device, its newest session speaks for it.
    QHash<DeviceId, SessionRow> devices;
    Connected connected;
    for (size_t i = 0; i + 1 < sessions.size(); i += 2) {
        const auto row = readSession(sessions[i].bytes(), sessions[i + 1].bytes(), with);
        if (!row || isOver(*row, with.now))
            continue;
        const auto known = devices.constFind(row->device);
        if (known == devices.cend() || known->connectedAt < row->connectedAt)
            devices.insert(row->device, *row);
    }
    for (const SessionRow &row : std::as_const(devices)) {
        ++connected.devices;
        connected.idleDevices += row.isIdle ? 1 : 0;
        connected.lastHeartbeat = std::max(connected.lastHeartbeat,
                                           qint64(row.lastHeartbeat.time_since_epoch().count()));
        if (!row.node.isEmpty() && !connected.nodes.contains(row.node))
            connected.nodes.append(row.node);
    }
    std::ranges::sort(connected.nodes);
    return connected;
}

} // namespace presence::admin
