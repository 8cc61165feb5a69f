// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/limits.h"

namespace presence::transport {

/// How a TransportServer treats strangers. Every value is positive unless it says otherwise.
struct TransportConfig
{
    using Milliseconds = std::chrono::milliseconds;

    Milliseconds requestDeadline = limits::kRequestDeadline;
    Milliseconds keepAliveIdle = limits::kKeepAliveIdle;
    /// For the handler to answer, and then for the client to take the answer.
    Milliseconds responseDeadline = limits::kResponseDeadline;
    /// After the last answer, for a client to see it and to close.
    Milliseconds lingerDeadline = std::chrono::seconds(2);

    /// From one WebSocket ping to the next. Must be > pingTimeout.
    Milliseconds pingInterval = std::chrono::seconds(25);
    /// From a ping to a sign of life. A vanished peer is dropped at most pingInterval + pingTimeout
    /// after its last sign.
    Milliseconds pingTimeout = std::chrono::seconds(5);
    Milliseconds messageDeadline = limits::kMessageDeadline;
    Milliseconds closeDeadline = limits::kCloseDeadline;

    qsizetype maxMessage = limits::kMaxMessage; ///< bytes
    /// Unsent bytes of one WebSocket, above which it is closed as a slow consumer.
    qsizetype maxOutbox = limits::kMaxOutbox;
    /// Unsent bytes above which nothing more is read from that WebSocket until half of them left.
    qsizetype outboxHighWater = 256 * 1024;
    /// One that has more to say than limits::Limits::connectionMessages for so long is closed.
    Milliseconds overloadPatience = limits::kOverloadPatience;

    /// drain() closes the connections spread over this time.
    Milliseconds drainSpread = std::chrono::seconds(5);
    /// Each client is told to come back after its own part of this time.
    Milliseconds returnSpread{0};
};

} // namespace presence::transport
