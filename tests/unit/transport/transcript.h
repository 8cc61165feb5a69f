// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/websocket/framereader.h"

#include <QByteArrayList>

namespace presence::transport::test {

using Kind = FrameEvent::Kind;

/// What a stream said, an entry an event: "text:abc", "close:1000:bye", "fault:1002".
inline QByteArrayList transcriptOf(FrameReader &reader, QByteArray bytes)
{
    QByteArrayList said;
    std::span<char> input(bytes.data(), static_cast<size_t>(bytes.size()));
    while (true) {
        const FrameEvent event = reader.next(input);
        const QByteArray code = QByteArray::number(static_cast<quint16>(event.code));
        switch (event.kind) {
        case Kind::NeedMore:
            return said;
        case Kind::Text:
            said << "text:" + event.payload.toByteArray();
            break;
        case Kind::Binary:
            said << "binary:" + event.payload.toByteArray();
            break;
        case Kind::Ping:
            said << "ping:" + event.payload.toByteArray();
            break;
        case Kind::Pong:
            said << "pong:" + event.payload.toByteArray();
            break;
        case Kind::Close:
            return said << "close:" + code + ':' + event.payload.toByteArray();
        case Kind::Fault:
            return said << "fault:" + code;
        }
    }
}

inline bool hasEnded(const QByteArrayList &said)
{
    return !said.isEmpty() && (said.last().startsWith("close") || said.last().startsWith("fault"));
}

/// The same, with the stream cut into pieces of `sizeOfPiece()` bytes.
template <typename SizeOfPiece>
QByteArrayList transcriptInPieces(const QByteArray &bytes, SizeOfPiece sizeOfPiece)
{
    FrameReader reader(1000);
    QByteArrayList said;
    for (qsizetype at = 0; at < bytes.size() && !hasEnded(said);) {
        const qsizetype size = std::min<qsizetype>(sizeOfPiece(), bytes.size() - at);
        said << transcriptOf(reader, bytes.mid(at, size));
        at += size;
    }
    return said;
}

} // namespace presence::transport::test
