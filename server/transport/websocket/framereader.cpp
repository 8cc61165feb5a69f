// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/framereader.h"

#include <QtEndian>

#include <algorithm>
#include <cstring>

namespace presence::transport {

using protocol::CloseCode;
using Kind = FrameEvent::Kind;

static FrameEvent fault(CloseCode code)
{
    return {Kind::Fault, {}, code};
}

static void unmask(std::span<char> bytes, const quint8 (&mask)[4], unsigned phase)
{
    char wideMask[8];
    for (unsigned i = 0; i < 8; ++i)
        wideMask[i] = static_cast<char>(mask[(i + phase) & 3]);
    quint64 key;
    std::memcpy(&key, wideMask, sizeof key);
    size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        quint64 word;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        word ^= key;
        std::memcpy(bytes.data() + at, &word, sizeof word);
    }
    for (; at < bytes.size(); ++at)
        bytes[at] = static_cast<char>(bytes[at] ^ wideMask[at & 7]);
}

FrameEvent FrameReader::next(std::span<char> &input)
{
    releaseDelivered();
    while (true) {
        if (!m_inPayload) {
            if (const Step event = readHead(input))
                return *event;
        }
        if (const Step event = readPayload(input))
            return *event;
    }
}

void FrameReader::releaseDelivered()
{
    const bool isDelivered = std::exchange(m_dataDelivered, false);
    if (!m_parts)
        return;
    if (isDelivered)
        m_parts->data = {};
    if (!m_inPayload)
        m_parts->control = {};
    if (buffered() == 0)
        m_parts.reset();
}

FrameReader::Parts &FrameReader::parts()
{
    if (!m_parts)
        m_parts = std::make_unique<Parts>();
    return *m_parts;
}

qsizetype FrameReader::headSize() const
{
    if (m_headSize < 2)
        return 2;
    const int length = m_head[1] & 0x7F;
    return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + 4;
}

FrameReader::Step FrameReader::readHead(std::span<char> &input)
{
    while (m_headSize < headSize()) {
        const auto taken
            = std::min<size_t>(static_cast<size_t>(headSize() - m_headSize), input.size());
        if (taken == 0)
            return FrameEvent{};
        std::memcpy(m_head + m_headSize, input.data(), taken);
        m_headSize = static_cast<quint8>(m_headSize + taken);
        input = input.subspan(taken);
        if (m_headSize == 2) {
            if (const Step event = checkStart())
                return event;
        }
    }
    if (const Step event = checkLength())
        return event;
    std::memcpy(m_mask, m_head + m_headSize - 4, 4);
    m_maskPhase = 0;
    m_headSize = 0;
    m_inPayload = true;
    return {};
}

/// Judges the first two bytes, so that a wrong frame is refused before its length is known.
FrameReader::Step FrameReader::checkStart()
{
    const bool reserved = m_head[0] & 0x70;
    const bool masked = m_head[1] & 0x80;
    if (reserved || !masked)
        return fault(CloseCode::ProtocolError);
    switch (opcode()) {
    case Opcode::Continuation:
        if (m_message == Opcode::Continuation)
            return fault(CloseCode::ProtocolError);
        ++m_continuations;
        return {};
    case Opcode::Text:
    case Opcode::Binary:
        if (m_message != Opcode::Continuation)
            return fault(CloseCode::ProtocolError);
        m_message = opcode();
        return {};
    case Opcode::Close:
    case Opcode::Ping:
    case Opcode::Pong:
        if (!isFinal() || (m_head[1] & 0x7F) > limits::kMaxControlPayload)
            return fault(CloseCode::ProtocolError);
        return {};
    }
    return fault(CloseCode::ProtocolError);
}

FrameReader::Step FrameReader::checkLength()
{
    const int shortLength = m_head[1] & 0x7F;
    quint64 length = static_cast<quint64>(shortLength);
    if (shortLength == 126) {
        length = qFromBigEndian<quint16>(m_head + 2);
        if (length < 126)
            return fault(CloseCode::ProtocolError);
    } else if (shortLength == 127) {
        length = qFromBigEndian<quint64>(m_head + 2);
        if (length <= 0xFFFF || length >> 63)
            return fault(CloseCode::ProtocolError);
    }
    if (!isControl()) {
        if (length > static_cast<quint64>(m_maxMessage - m_messageSize))
            return fault(CloseCode::MessageTooBig);
        m_messageSize += static_cast<qsizetype>(length);
    }
    m_remaining = static_cast<qsizetype>(length);
    return {};
}

FrameReader::Step FrameReader::readPayload(std::span<char> &input)
{
    const auto taken = std::min<size_t>(static_cast<size_t>(m_remaining), input.size());
    const std::span<char> piece = input.first(taken);
    input = input.subspan(taken);
    unmask(piece, m_mask, m_maskPhase);
    m_maskPhase = static_cast<quint8>((m_maskPhase + taken) & 3);
    m_remaining -= static_cast<qsizetype>(taken);
    m_inPayload = m_remaining > 0;
    const QByteArrayView view(piece.data(), static_cast<qsizetype>(piece.size()));
    return isControl() ? readControl(view) : readData(view);
}

FrameReader::Step FrameReader::readData(QByteArrayView piece)
{
    const bool isWhole = !m_inPayload && isFinal();
    if (m_message == Opcode::Text) {
        if (!m_utf8.feed(piece) || (isWhole && !m_utf8.isComplete()))
            return fault(CloseCode::InvalidPayload);
    }
    if (!isWhole || hasData())
        parts().data.append(piece);
    if (m_inPayload)
        return FrameEvent{};
    if (!isWhole)
        return {};
    const Kind kind = m_message == Opcode::Text ? Kind::Text : Kind::Binary;
    m_message = Opcode::Continuation;
    m_messageSize = 0;
    m_dataDelivered = true;
    return FrameEvent{kind, hasData() ? QByteArrayView(m_parts->data) : piece};
}

FrameReader::Step FrameReader::readControl(QByteArrayView piece)
{
    if (m_inPayload || hasControl())
        parts().control.append(piece);
    if (m_inPayload)
        return FrameEvent{};
    const QByteArrayView payload = hasControl() ? QByteArrayView(m_parts->control) : piece;
    if (opcode() == Opcode::Close)
        return finishClose(payload);
    return FrameEvent{opcode() == Opcode::Ping ? Kind::Ping : Kind::Pong, payload};
}

FrameReader::Step FrameReader::finishClose(QByteArrayView payload)
{
    if (payload.isEmpty())
        return FrameEvent{Kind::Close, {}, CloseCode::NoStatus};
    if (payload.size() == 1)
        return fault(CloseCode::ProtocolError);
    const auto code = qFromBigEndian<quint16>(payload.data());
    if (!protocol::isValidOnTheWire(code))
        return fault(CloseCode::ProtocolError);
    Utf8Validator reason;
    if (!reason.feed(payload.sliced(2)) || !reason.isComplete())
        return fault(CloseCode::InvalidPayload);
    return FrameEvent{Kind::Close, payload.sliced(2), static_cast<CloseCode>(code)};
}

} // namespace presence::transport
