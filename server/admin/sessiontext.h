// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/nodenames.h"

namespace presence::admin {

/// What sessions as Redis has them are read with.
struct SessionReading
{
    const NodeNames &nodes;
    std::chrono::seconds ttl; ///< PRESENCE_TTL
    Milliseconds now; ///< by Redis' clock
};

/// A session as resources/lua/user/lib.lua writes it; nothing for one that was signed off, and for
/// what is none. `until`: as rules::StoredSession::parse().
std::optional<SessionRow> readSession(const QByteArray &id, const QByteArray &text,
                                      const SessionReading &with, const QByteArray &until = {});

/// Those among the fields of a user's hash: field, text, …
std::vector<SessionRow> readSessions(const std::vector<redis::Reply> &hash,
                                     const SessionReading &with);

/// Silence alone does not end a session, before the sweeper has said so.
bool isOver(const SessionRow &session, Milliseconds now);

/// Why a session is a ghost: nobody keeps it alive. Nothing while it is live, while its node cannot
/// refresh it, and when it has ended within the grace: it may come back. `heartbeat` is
/// HEARTBEAT_INTERVAL.
std::optional<GhostRow::Reason> ghostReason(const SessionRow &session, Milliseconds now,
                                            std::chrono::milliseconds heartbeat);

/// What a row says of where a user is connected.
struct Connected
{
    int devices = 0; ///< live
    int idleDevices = 0;
    qint64 lastHeartbeat = 0; ///< s since the epoch
    QByteArrayList nodes; ///< sorted
    friend bool operator==(const Connected &, const Connected &) = default;
};

/// From the fields of a user's hash: field, text, …
Connected readConnected(const std::vector<redis::Reply> &hash, const SessionReading &with);

} // namespace presence::admin
