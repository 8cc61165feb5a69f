// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/httpmessage.h"

#include "shared/core/result.h"

namespace presence::transport {

// The opening hand-shake of a WebSocket (RFC 6455, section 4.2), for a request that was parsed and
// checked before. Pure functions: they do not decide who may connect.
//
// Not by QWebSocketServer: it parses the request again, and costs as much as all the rest of a
// connection's start.

/// Empty for a GET that asks to become a WebSocket, of whatever version; else what is missing.
QString missingForHandshake(const HttpRequest &request);

/// The "101 Switching Protocols" for `request`, whole. `subprotocol` is put in when the client
/// offered it. Malformed when the request is no hand-shake of version 13.
Result<QByteArray> answerHandshake(const HttpRequest &request, const QByteArray &subprotocol);

} // namespace presence::transport
