// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/websockethandshake.h"

#include <QCryptographicHash>

namespace presence::transport {

using namespace Qt::StringLiterals;

/// What the client's key is answered with the hash of.
static constexpr char kGuid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
static constexpr qsizetype kKeyBytes = 16;

QString missingForHandshake(const HttpRequest &request)
{
    if (request.method != "GET")
        return u"the method GET"_s;
    if (!request.headers.hasToken("Upgrade", "websocket"))
        return u"Upgrade: websocket"_s;
    if (!request.headers.hasToken("Connection", "upgrade"))
        return u"Connection: Upgrade"_s;
    return {};
}

static bool isKey(const QByteArray &key)
{
    const auto decoded
        = QByteArray::fromBase64Encoding(key, QByteArray::AbortOnBase64DecodingErrors);
    return decoded && (*decoded).size() == kKeyBytes;
}

Result<QByteArray> answerHandshake(const HttpRequest &request, const QByteArray &subprotocol)
{
    const QList<QByteArray> keys = request.headers.listed("Sec-WebSocket-Key");
    const QByteArray key = keys.value(0);
    if (request.headers.value("Sec-WebSocket-Version") != "13" || keys.size() != 1 || !isKey(key)
        || request.isOldVersion)
        return fail(ErrorCode::Malformed, u"The WebSocket hand-shake is malformed."_s);
    const QByteArray accept
        = QCryptographicHash::hash(key + kGuid, QCryptographicHash::Sha1).toBase64();
    QByteArray answer = "HTTP/1.1 101 Switching Protocols\r\n"
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept + "\r\n";
    if (!subprotocol.isEmpty()
        && request.headers.listed("Sec-WebSocket-Protocol").contains(subprotocol))
        answer += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
    if (!request.id.isEmpty())
        answer += "X-Request-Id: " + request.id + "\r\n";
    return answer += "\r\n";
}

} // namespace presence::transport
