// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/sessiontext.h"

#include "server/presence/storedsession.h"
#include "server/redis/replies.h"

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
                                      const SessionReading &with, const QByteArray &until)
{
    const auto stored = rules::StoredSession::parse(text, until);
    if (!stored)
        return std::nullopt;
    SessionRow row{.session = SessionId(id),
                   .device = stored->device,
                   .kind = kindOf(id),
                   .workspace = stored->workspace,
                   .isIdle = stored->isIdle,
                   .hasEnded = stored->hasEnded};
    row.deadline = stored->deadline;
    row.connectedAt = std::chrono::floor<milliseconds>(stored->started);
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

std::vector<SessionRow> readSessions(const std::vector<redis::Reply> &hash,
                                     const SessionReading &with)
{
    QHash<QByteArray, QByteArray> deadlines;
    for (const auto &[field, text] : redis::Pairs(hash)) {
        if (field.bytes().startsWith(rules::kUntilField))
            deadlines.insert(field.bytes().sliced(qstrlen(rules::kUntilField)), text.bytes());
    }
    std::vector<SessionRow> rows;
    for (const auto &[field, text] : redis::Pairs(hash)) {
        if (!field.bytes().startsWith(rules::kSessionField))
            continue;
        const QByteArray id = field.bytes().sliced(qstrlen(rules::kSessionField));
        if (auto row = readSession(id, text.bytes(), with, deadlines.value(id)))
            rows.push_back(*std::move(row));
    }
    return rows;
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

Connected readConnected(const std::vector<redis::Reply> &hash, const SessionReading &with)
{
    // Of a device, its newest session speaks for it.
    QHash<DeviceId, SessionRow> devices;
    Connected connected;
    for (const SessionRow &row : readSessions(hash, with)) {
        if (isOver(row, with.now))
            continue;
        const auto known = devices.constFind(row.device);
        if (known == devices.cend() || known->connectedAt < row.connectedAt)
            devices.insert(row.device, row);
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
