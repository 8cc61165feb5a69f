// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/payer.h"
#include "server/transport/clienttransport.h"

namespace presence::transport {

/// What a client says by its WebSocket, or by the session of long polling in its place, to whoever
/// speaks the protocol on top. Owned by the transport and destroyed with it, soon after closed().
/// All calls come on the transport's thread.
class WebSocketHandler
{
public:
    /// `payer` pays for what the client sends, and is whose its unsent bytes are.
    explicit WebSocketHandler(limits::Payer payer = {}) : m_payer(std::move(payer)) { }
    virtual ~WebSocketHandler() = default;
    Q_DISABLE_COPY_MOVE(WebSocketHandler)

    const limits::Payer &payer() const { return m_payer; }

    /// The first call. `transport` stays valid until closed() has returned.
    virtual void opened(ClientTransport &transport) = 0;

    /// A whole message; text is valid UTF-8. The view is valid during the call only.
    virtual void textMessage(QByteArrayView text) = 0;
    virtual void binaryMessage(QByteArrayView bytes) = 0;

    /// The last call, exactly once however the connection ended, never from within a call that the
    /// handler made. `code` is what the peer gave, or what we closed with, or Abnormal.
    virtual void closed(protocol::CloseCode code) = 0;

private:
    const limits::Payer m_payer;
};

} // namespace presence::transport
