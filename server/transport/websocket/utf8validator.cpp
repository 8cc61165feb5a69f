// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/utf8validator.h"

#include <cstring>

namespace presence::transport {

static bool isAscii(const char *eightBytes)
{
    quint64 word;
    std::memcpy(&word, eightBytes, sizeof word);
    return (word & 0x8080808080808080ULL) == 0;
}

bool Utf8Validator::startCharacter(quint8 byte)
{
    if (byte < 0x80)
        return true;
    if (byte < 0xC2 || byte > 0xF4)
        return false;
    m_missing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    m_low = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
    m_high = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
    return true;
}

bool Utf8Validator::feed(QByteArrayView bytes)
{
    const char *at = bytes.begin();
    while (at != bytes.end()) {
        if (m_missing == 0) {
            while (bytes.end() - at >= 8 && isAscii(at))
                at += 8;
            if (at == bytes.end())
                break;
            if (!startCharacter(static_cast<quint8>(*at++)))
                return false;
            continue;
        }
        const auto byte = static_cast<quint8>(*at++);
        if (byte < m_low || byte > m_high)
            return false;
        m_low = 0x80;
        m_high = 0xBF;
        --m_missing;
    }
    return true;
}

} // namespace presence::transport
