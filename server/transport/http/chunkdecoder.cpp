// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/chunkdecoder.h"

#include "shared/protocol/limits.h"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace presence::transport {

/// Longest size line or trailer field, and bound on all of them but the plain sizes.
static constexpr int kMaxLine = 256;
static constexpr int kMaxOverhead = 16 * 1024;

qsizetype ChunkDecoder::feed(QByteArrayView bytes, QByteArray &body)
{
    qsizetype used = 0;
    while (m_state == State::NeedMore && used < bytes.size()) {
        if (m_part != Part::Data) {
            takeLineByte(bytes[used++]);
            continue;
        }
        const qsizetype taken = std::min(m_remaining, bytes.size() - used);
        if (taken > limits::kMaxRequestBody - body.size()) {
            m_state = State::TooLarge;
            break;
        }
        body.append(bytes.sliced(used, taken));
        used += taken;
        m_remaining -= taken;
        if (m_remaining == 0)
            m_part = Part::DataEnd;
    }
    return used;
}

void ChunkDecoder::takeLineByte(char byte)
{
    const bool afterCr = m_line.endsWith('\r');
    if (byte == '\n' && afterCr) {
        m_line.chop(1);
        finishLine();
        m_line.clear();
        return;
    }
    const bool isControl = static_cast<quint8>(byte) < 0x20 && byte != '\r' && byte != '\t';
    if (afterCr || isControl || m_line.size() == kMaxLine || ++m_overhead > kMaxOverhead) {
        m_state = State::Malformed;
        return;
    }
    m_line.append(byte);
}

/// A name, a colon, a value; what a trailer says is not looked at.
static bool isField(QByteArrayView line)
{
    const auto isTokenByte = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0
            || (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c));
    };
    const qsizetype colon = line.indexOf(':');
    const QByteArrayView name = line.first(std::max<qsizetype>(0, colon));
    return !name.isEmpty() && std::all_of(name.begin(), name.end(), isTokenByte);
}

void ChunkDecoder::finishLine()
{
    switch (m_part) {
    case Part::Size:
        startChunk();
        return;
    case Part::DataEnd:
        m_part = Part::Size;
        --m_overhead;
        if (!m_line.isEmpty())
            m_state = State::Malformed;
        return;
    case Part::Trailer:
        if (m_line.isEmpty())
            m_state = State::Complete;
        else if (!isField(m_line))
            m_state = State::Malformed;
        return;
    case Part::Data:
        return;
    }
}

void ChunkDecoder::startChunk()
{
    const qsizetype extension = m_line.indexOf(';');
    const QByteArray size = (extension < 0 ? m_line : m_line.first(extension)).trimmed();
    const auto isHex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    if (size.isEmpty() || !isHex(m_line.front()) || !std::all_of(size.begin(), size.end(), isHex)) {
        m_state = State::Malformed;
        return;
    }
    bool fits = false;
    m_remaining = size.toLongLong(&fits, 16);
    if (!fits || m_remaining > limits::kMaxRequestBody)
        m_state = State::TooLarge;
    if (extension < 0)
        m_overhead -= static_cast<int>(m_line.size()) + 1;
    m_part = m_remaining > 0 ? Part::Data : Part::Trailer;
}

} // namespace presence::transport
