// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/disconnect.h"

#include <QtGlobal>

#include <algorithm>
#include <array>
#include <atomic>

namespace presence::transport {

/// A number that one thread writes and any thread may read.
class Counter
{
public:
    void add(qint64 amount = 1)
    {
        // One writer, so a load and a store do, which cost nothing.
        m_value.store(m_value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    qint64 value() const { return m_value.load(std::memory_order_relaxed); }

private:
    std::atomic<qint64> m_value = 0;
};

/// What a TransportServer has done since it started; the open ones are what there is now.
struct TransportCounters
{
    Counter accepted;
    Counter rejected; ///< closed when accepted: over a limit, or out of descriptors
    Counter failedHandshakes; ///< of TLS
    Counter openHttp;
    Counter openWebSockets;
    Counter openLongPolls; ///< sessions of long polling
    Counter bytesIn;
    Counter bytesOut;
    Counter requests; ///< handed to the RequestHandler
    Counter requestFaults; ///< answered by ourselves: malformed, too large, too late
    Counter upgrades;
    Counter messagesIn;
    Counter framesOut; ///< queued for writing
    Counter slowConsumers;
    Counter supersededFrames; ///< not sent to who reads too slowly
    Counter rateLimited;
    Counter protocolErrors; ///< of WebSockets
    Counter vanishedPeers; ///< did not answer a ping, or did not poll

    /// WebSockets and long-polling sessions that were closed so; the last one counts codes that
    /// clients have made up.
    using CloseCode = protocol::CloseCode;
    static constexpr std::array kCloseCodes{
        CloseCode::Normal,          CloseCode::GoingAway,       CloseCode::ProtocolError,
        CloseCode::UnsupportedData, CloseCode::NoStatus,        CloseCode::Abnormal,
        CloseCode::InvalidPayload,  CloseCode::PolicyViolation, CloseCode::MessageTooBig,
        CloseCode::InternalError,   CloseCode::TokenExpired,    CloseCode::SignedOff,
        CloseCode::SlowConsumer,    CloseCode::TooManyMessages, CloseCode::Draining,
        CloseCode::Unavailable};
    std::array<Counter, kCloseCodes.size() + 1> closed;
    void countClosed(CloseCode code)
    {
        const auto found = std::ranges::find(kCloseCodes, code);
        closed[static_cast<size_t>(found - kCloseCodes.begin())].add();
    }
};

} // namespace presence::transport
