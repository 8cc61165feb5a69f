// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/httpmessage.h"
#include "server/transport/websocket/websockethandler.h"

#include <memory>
#include <variant>

namespace presence::transport {

/// The WebSocket may be opened.
struct UpgradeAcceptance
{
    QByteArray subprotocol; ///< one of those the client offered, or empty
    std::unique_ptr<WebSocketHandler> handler; ///< never null
};

/// An acceptance, or the response that refuses.
using UpgradeDecision = std::variant<UpgradeAcceptance, HttpResponse>;

/// Decides who may open a WebSocket, before the hand-shake, so that a refusal is a real 401, 403,
/// 404 or 503. Implemented by server/channels.
class UpgradeHandler
{
public:
    virtual ~UpgradeHandler() = default;

    /// Whether there is nothing but WebSockets at the path.
    virtual bool isAt(const HttpRequest &request) const = 0;

    /// `request` is the very request that is upgraded: path, Origin, tokens are to be taken from
    /// it.
    virtual UpgradeDecision decide(const HttpRequest &request) = 0;
};

} // namespace presence::transport
