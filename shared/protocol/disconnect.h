// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLatin1StringView>
#include <QtGlobal>

namespace presence::protocol {

/// Why a WebSocket is closed: RFC 6455's codes, and ours from 4000 on.
///
/// The range tells a client what to do: 4000-4499, do not come back with the same request;
/// 4500-4999, come back after a pause.
enum class CloseCode : quint16 {
    Normal = 1000,
    GoingAway = 1001,
    ProtocolError = 1002,
    UnsupportedData = 1003,
    NoStatus = 1005, ///< never on the wire: the peer closed without a code
    Abnormal = 1006, ///< never on the wire: the connection broke
    InvalidPayload = 1007, ///< text that is not UTF-8
    PolicyViolation = 1008,
    MessageTooBig = 1009,
    InternalError = 1011,

    TokenExpired = 4001,
    SignedOff = 4002, ///< the device was signed off by its user or an admin

    SlowConsumer = 4500,
    TooManyMessages = 4501,
    Draining = 4502, ///< the node stops; come back elsewhere
    Unavailable = 4503, ///< Redis is away
};

/// Whether a client that is closed with `code` may connect again with what it has.
bool mayReconnect(CloseCode code);

/// True for a code that a peer is allowed to send in a close frame (RFC 6455, 7.4).
bool isValidOnTheWire(quint16 code);

/// The reason phrase sent with `code`.
QLatin1StringView reasonFor(CloseCode code);

} // namespace presence::protocol
