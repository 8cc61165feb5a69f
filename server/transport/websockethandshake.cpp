// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websockethandshake.h"

#include "server/transport/memorysocket.h"

#include <QCoreApplication>
#include <QWebSocket>

#include <memory>

namespace presence::transport {

using namespace Qt::StringLiterals;

WebSocketHandshake::WebSocketHandshake() : m_server(u"presenced"_s, QWebSocketServer::NonSecureMode)
{
}

bool WebSocketHandshake::isAskedFor(const HttpRequest &request)
{
    return request.method == "GET" && request.headers.hasToken("Upgrade", "websocket")
        && request.headers.hasToken("Connection", "upgrade");
}

static bool isKey(const QByteArray &key)
{
    const auto decoded
        = QByteArray::fromBase64Encoding(key, QByteArray::AbortOnBase64DecodingErrors);
    return decoded && (*decoded).size() == 16;
}

/// The fields of `request` that have a part in the hand-shake. Others, such as a long cookie,
/// could exceed what QWebSocketServer reads.
static QByteArray handshakeHead(const HttpRequest &request, const QByteArray &subprotocol)
{
    QByteArray head = "GET " + request.target
        + " HTTP/1.1\r\nHost: " + request.headers.value("Host")
        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: "
        + request.headers.value("Sec-WebSocket-Key") + "\r\n";
    if (!subprotocol.isEmpty())
        head += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
    return head + "\r\n";
}

Result<QByteArray> WebSocketHandshake::answer(const HttpRequest &request,
                                              const QByteArray &subprotocol)
{
    if (request.headers.value("Sec-WebSocket-Version") != "13"
        || !isKey(request.headers.value("Sec-WebSocket-Key")))
        return fail(ErrorCode::Malformed, u"The WebSocket hand-shake is malformed."_s);
    const bool isOffered = request.headers.listed("Sec-WebSocket-Protocol").contains(subprotocol);
    const QByteArray selected = isOffered ? subprotocol : QByteArray();
    m_server.setSupportedSubprotocols({QString::fromLatin1(selected)});

    QByteArray response;
    MemorySocket socket([&response](QByteArrayView written) { response.append(written); });
    socket.feed(handshakeHead(request, selected));
    m_server.handleConnection(&socket);
    // The server reads in a queued call, for the sake of TLS. There is nothing to wait for here.
    QCoreApplication::sendPostedEvents(&m_server, QEvent::MetaCall);
    const std::unique_ptr<QWebSocket> upgraded(m_server.nextPendingConnection());
    if (!upgraded)
        return fail(ErrorCode::Malformed, u"The WebSocket hand-shake is malformed."_s);
    const QByteArray answer = std::exchange(response, {});
    upgraded->abort();
    return answer;
}

} // namespace presence::transport
