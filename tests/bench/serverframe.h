// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/websocket/framewriter.h"

#include <QtEndian>

#include <optional>

namespace presence::bench {

/// A frame as a server sends it: whole message, unmasked.
struct ServerFrame
{
    transport::Opcode opcode;
    QByteArrayView payload;
    qsizetype size; ///< bytes, with the head

    /// The frame at the start of `bytes`; nothing when it is not whole.
    static std::optional<ServerFrame> first(QByteArrayView bytes)
    {
        if (bytes.size() < 2)
            return std::nullopt;
        const auto opcode = static_cast<transport::Opcode>(bytes[0] & 0x0F);
        quint64 length = bytes[1] & 0x7F;
        const qsizetype head = length == 127 ? 10 : length == 126 ? 4 : 2;
        if (bytes.size() < head)
            return std::nullopt;
        if (length == 126)
            length = qFromBigEndian<quint16>(bytes.data() + 2);
        else if (length == 127)
            length = qFromBigEndian<quint64>(bytes.data() + 2);
        if (static_cast<quint64>(bytes.size() - head) < length)
            return std::nullopt;
        const auto size = static_cast<qsizetype>(length);
        return ServerFrame{opcode, bytes.sliced(head, size), head + size};
    }

    /// Of a close frame; 1005 when it has none.
    quint16 closeCode() const
    {
        return payload.size() < 2 ? 1005 : qFromBigEndian<quint16>(payload.data());
    }
};

} // namespace presence::bench
