// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/disconnect.h"

#include <QByteArrayView>

namespace presence::transport {

class WebSocketConnection;

/// What a WebSocket says, to whoever speaks the protocol on top. Owned by its connection and
/// destroyed with it, soon after closed(). All calls come on the connection's thread.
class WebSocketHandler
{
public:
    virtual ~WebSocketHandler() = default;

    /// The first call. `connection` stays valid until closed() has returned.
    virtual void opened(WebSocketConnection &connection) = 0;

    /// A whole message; text is valid UTF-8. The view is valid during the call only.
    virtual void textMessage(QByteArrayView text) = 0;
    virtual void binaryMessage(QByteArrayView bytes) = 0;

    /// The last call, exactly once however the connection ended, never from within a call that the
    /// handler made. `code` is what the peer gave, or what we closed with, or Abnormal.
    virtual void closed(protocol::CloseCode code) = 0;
};

} // namespace presence::transport
