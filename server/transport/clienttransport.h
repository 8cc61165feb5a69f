// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/websocket/framewriter.h"

namespace presence::transport {

/// How a client is reached: a WebSocket, or a session of long polling. What is sent is a WebSocket
/// frame in either case, since that is what the receivers of a broadcast share.
class ClientTransport
{
public:
    using CloseCode = protocol::CloseCode;

    /// Queues a frame made by encodeFrame(); it is shared, not copied. Dropped once the transport
    /// closes. Of a client with more than TransportConfig::maxOutbox bytes unsent the frames are
    /// dropped that a later one of the same `subject` has superseded; if that is not enough it is
    /// closed as SlowConsumer.
    virtual void send(const QByteArray &encodedFrame, quint64 subject = 0) = 0;
    /// The same for a frame in two parts, of which the second is shared.
    virtual void send(const QByteArray &begin, const QByteArray &rest, quint64 subject) = 0;
    void sendText(QByteArrayView text, quint64 subject = 0)
    {
        send(encodeFrame(Opcode::Text, text), subject);
    }

    /// What was sent before still goes out, nothing more comes in.
    virtual void close(CloseCode code, QByteArrayView reason = {}) = 0;

    virtual bool isOpen() const = 0;

protected:
    ~ClientTransport() = default;
};

} // namespace presence::transport
