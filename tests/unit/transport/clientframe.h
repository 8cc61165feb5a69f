// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QtEndian>

namespace presence::transport::test {

/// A frame as a client sends it. `start` is the first byte: FIN, RSV and opcode.
inline QByteArray clientFrame(quint8 start, QByteArrayView payload)
{
    static constexpr char kMask[] = "\x37\xfa\x21\x3d";
    QByteArray frame(1, static_cast<char>(start));
    char length[8];
    if (payload.size() <= 125) {
        frame.append(static_cast<char>(0x80 | payload.size()));
    } else if (payload.size() <= 0xFFFF) {
        qToBigEndian(static_cast<quint16>(payload.size()), length);
        frame.append(static_cast<char>(0x80 | 126)).append(length, 2);
    } else {
        qToBigEndian(static_cast<quint64>(payload.size()), length);
        frame.append(static_cast<char>(0x80 | 127)).append(length, 8);
    }
    frame.append(kMask, 4);
    for (qsizetype i = 0; i < payload.size(); ++i)
        frame.append(static_cast<char>(payload[i] ^ kMask[i & 3]));
    return frame;
}

inline constexpr quint8 kFinalText = 0x81;
inline constexpr quint8 kFinalBinary = 0x82;
inline constexpr quint8 kFinalClose = 0x88;
inline constexpr quint8 kFinalPing = 0x89;
inline constexpr quint8 kFinalPong = 0x8A;

} // namespace presence::transport::test
