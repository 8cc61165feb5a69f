// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/framewriter.h"

#include "shared/protocol/limits.h"

#include <QtEndian>

namespace presence::transport {

static QByteArray frameHead(Opcode opcode, qsizetype size, qsizetype room)
{
    constexpr qsizetype kLongestHead = 10;
    QByteArray frame;
    frame.reserve(kLongestHead + room);
    frame.append(static_cast<char>(0x80 | static_cast<quint8>(opcode)));
    char length[8];
    if (size <= limits::kMaxControlPayload) {
        frame.append(static_cast<char>(size));
    } else if (size <= 0xFFFF) {
        qToBigEndian(static_cast<quint16>(size), length);
        frame.append(char(126)).append(length, 2);
    } else {
        qToBigEndian(static_cast<quint64>(size), length);
        frame.append(char(127)).append(length, 8);
    }
    return frame;
}

QByteArray encodeFrameHead(Opcode opcode, qsizetype size)
{
    return frameHead(opcode, size, 0);
}

QByteArrayView payloadOf(QByteArrayView frame)
{
    const qsizetype lengthBytes = frame[1] == 126 ? 2 : frame[1] == 127 ? 8 : 0;
    return frame.sliced(2 + lengthBytes);
}

QByteArray encodeFrame(Opcode opcode, QByteArrayView payload)
{
    return frameHead(opcode, payload.size(), payload.size()).append(payload);
}

static QByteArrayView cutBetweenCharacters(QByteArrayView text, qsizetype most)
{
    if (text.size() <= most)
        return text;
    while (most > 0 && (static_cast<quint8>(text[most]) & 0xC0) == 0x80)
        --most;
    return text.first(most);
}

QByteArray encodeClose(protocol::CloseCode code, QByteArrayView reason)
{
    const auto value = static_cast<quint16>(code);
    if (!protocol::isValidOnTheWire(value))
        return encodeFrame(Opcode::Close, {});
    QByteArray payload(2, Qt::Uninitialized);
    qToBigEndian(value, payload.data());
    payload.append(cutBetweenCharacters(reason, limits::kMaxControlPayload - 2));
    return encodeFrame(Opcode::Close, payload);
}

} // namespace presence::transport
