// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/clientsocket.h"

#include "tests/bench/serverframe.h"
#include "tests/unit/transport/clientframe.h"

namespace presence::bench {

using transport::Opcode;
namespace wire = transport::test;

ClientSocket::ClientSocket(int number, Observer &observer, QByteArray request)
    : m_number(number), m_observer(observer), m_request(std::move(request))
{
}

QByteArray ClientSocket::upgrade(const QByteArray &target, const QByteArray &host)
{
    return "GET " + target + " HTTP/1.1\r\nHost: " + host
        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
          "\r\nSec-WebSocket-Key: "
        + QByteArray("presence-load-01").toBase64() + "\r\n\r\n";
}

void ClientSocket::connected()
{
    if (!m_request.isEmpty())
        return send(std::exchange(m_request, {}));
    m_isOpen = true;
    m_observer.opened(*this);
}

/// The bytes of the hand-shake, 0 when it is not whole.
qsizetype ClientSocket::consumeHandshake(QByteArrayView bytes)
{
    static constexpr QByteArrayView kEnd("\r\n\r\n");
    const qsizetype end = bytes.indexOf(kEnd);
    if (end < 0)
        return 0;
    if (!bytes.startsWith("HTTP/1.1 101 ")) {
        fail(bytes.first(bytes.indexOf('\r')).toByteArray());
        return bytes.size();
    }
    m_isOpen = true;
    m_observer.opened(*this);
    return end + kEnd.size();
}

/// The bytes of the first frame, 0 when it is not whole.
qsizetype ClientSocket::consume(QByteArrayView bytes)
{
    if (!m_isOpen)
        return consumeHandshake(bytes);
    const auto frame = ServerFrame::first(bytes);
    if (!frame)
        return 0;
    if (frame->opcode == Opcode::Text)
        m_observer.textMessage(*this, frame->payload);
    else if (frame->opcode == Opcode::Ping)
        send(wire::clientFrame(wire::kFinalPong, frame->payload));
    else if (frame->opcode == Opcode::Close)
        fail("close " + QByteArray::number(frame->closeCode()));
    else
        fail("unexpected opcode " + QByteArray::number(static_cast<int>(frame->opcode)));
    return frame->size;
}

void ClientSocket::sendText(QByteArrayView text)
{
    send(wire::clientFrame(wire::kFinalText, text));
}

void ClientSocket::ended(const QByteArray &why)
{
    m_observer.closed(*this, why);
}

} // namespace presence::bench
