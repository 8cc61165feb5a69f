// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/websockethandshake.h"

#include <QCryptographicHash>

namespace presence::transport {

using namespace Qt::StringLiterals;

/// What the client's key is answered with the hash of.
static constexpr char kGuid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
static constexpr qsizetype kKeyBytes = 16;

bool isHandshake(const HttpRequest &request)
{
    return request.method == "GET" && request.headers.hasToken("Upgrade", "websocket")
        && request.headers.hasToken("Connection", "upgrade");
}

static bool isKey(const QByteArray &key)
{
    const auto decoded
        = QByteArray::fromBase64Encoding(key, QByteArray::AbortOnBase64DecodingErrors);
    return decoded && (*decoded).size() == kKeyBytes;
}

Result<QByteArray> answerHandshake(const HttpRequest &request, const QByteArray &subprotocol)
{
    const QByteArray key = request.headers.value("Sec-WebSocket-Key");
    if (request.headers.value("Sec-WebSocket-Version") != "13" || !isKey(key))
        return fail(ErrorCode::Malformed, u"The WebSocket hand-shake is malformed."_s);
    const QByteArray accept
        = QCryptographicHash::hash(key + kGuid, QCryptographicHash::Sha1).toBase64();
    QByteArray answer = "HTTP/1.1 101 Switching Protocols\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept + "\r\n";
    if (!subprotocol.isEmpty()
        && request.headers.listed("Sec-WebSocket-Protocol").contains(subprotocol))
        answer += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
    return answer += "\r\n";
}

} // namespace presence::transport
