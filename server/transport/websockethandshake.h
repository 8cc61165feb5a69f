// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/httpmessage.h"

#include "shared/core/result.h"

#include <QWebSocketServer>

namespace presence::transport {

/// Answers the opening hand-shake of a WebSocket, through QWebSocketServer.
///
/// It sees one request that was checked before, over memory, and never the network: the request
/// that was checked is the one that is upgraded, and no second one can follow it. One a shard, on
/// its thread. Does not decide who may connect.
class WebSocketHandshake
{
public:
    WebSocketHandshake();

    /// True for a GET that asks to become a WebSocket, of whatever version.
    static bool isAskedFor(const HttpRequest &request);

    /// The "101 Switching Protocols" for `request`, whole. `subprotocol` is put in when the client
    /// offered it. Malformed when the request is no hand-shake of version 13.
    Result<QByteArray> answer(const HttpRequest &request, const QByteArray &subprotocol);

private:
    QWebSocketServer m_server;
};

} // namespace presence::transport
