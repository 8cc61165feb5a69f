// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/websocket/framewriter.h"
#include "server/transport/websocket/utf8validator.h"

#include "shared/protocol/limits.h"

#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace presence::transport {

/// What the bytes of a client said.
struct FrameEvent
{
    enum class Kind : quint8 {
        NeedMore, ///< the input is used up
        Text, ///< a whole message, valid UTF-8, in `payload`
        Binary, ///< a whole message in `payload`
        Ping,
        Pong,
        Close, ///< `code` is what the peer gave or NoStatus, `payload` its reason
        Fault, ///< the peer broke the protocol: close with `code`
    };
    Kind kind = Kind::NeedMore;
    QByteArrayView payload; ///< valid until the next call of FrameReader::next()
    protocol::CloseCode code = protocol::CloseCode::Normal;
};

/// The server's side of RFC 6455, section 5: bytes in, messages out. A pure value without socket,
/// timer or thread; whatever the RFC lets a server refuse is refused, as early as it shows.
///
/// A message that lies whole in one input is handed out as a view into that input, unmasked in
/// place, without an allocation. Between two messages the reader holds no memory of its own.
class FrameReader
{
public:
    /// `maxMessage` in bytes, over all fragments; a larger one is refused at the frame header.
    explicit FrameReader(qsizetype maxMessage = limits::kMaxMessage) : m_maxMessage(maxMessage) { }

    /// Takes bytes off the front of `input`, which it overwrites, up to the next event. Call it
    /// until it says NeedMore; after Close or Fault the stream means nothing any more.
    FrameEvent next(std::span<char> &input);

    /// True when a frame or a fragmented message has begun and is not whole.
    bool isMidMessage() const
    {
        return m_headSize > 0 || m_inPayload || m_message != Opcode::Continuation;
    }

    /// Frames beyond the first of their message that have begun since the last call.
    int takeContinuations() { return std::exchange(m_continuations, 0); }

    /// Bytes held for a message that is not whole.
    qsizetype buffered() const
    {
        return m_parts ? m_parts->data.size() + m_parts->control.size() : 0;
    }

private:
    using Step = std::optional<FrameEvent>;

    Step readHead(std::span<char> &input);
    Step checkStart();
    Step checkLength();
    Step readPayload(std::span<char> &input);
    Step readData(QByteArrayView piece);
    Step readControl(QByteArrayView piece);
    Step finishClose(QByteArrayView payload);
    void releaseDelivered();

    qsizetype headSize() const;
    Opcode opcode() const { return static_cast<Opcode>(m_head[0] & 0x0F); }
    bool isFinal() const { return m_head[0] & 0x80; }
    bool isControl() const { return m_head[0] & 0x08; }

    qsizetype m_maxMessage;
    qsizetype m_remaining = 0; ///< payload bytes of the present frame still to come
    qsizetype m_messageSize = 0; ///< as announced by the frames of the present message so far
    /// What did not arrive in one piece, until it is delivered.
    struct Parts
    {
        QByteArray data; ///< of a message
        QByteArray control; ///< of a control frame
    };
    Parts &parts();
    bool hasData() const { return m_parts && !m_parts->data.isEmpty(); }
    bool hasControl() const { return m_parts && !m_parts->control.isEmpty(); }
    std::unique_ptr<Parts> m_parts; ///< null while there are none
    int m_continuations = 0;
    quint8 m_head[14] = {};
    quint8 m_mask[4] = {};
    quint8 m_headSize = 0;
    quint8 m_maskPhase = 0;
    bool m_inPayload = false;
    bool m_dataDelivered = false;
    Opcode m_message = Opcode::Continuation; ///< Continuation: no message is open
    Utf8Validator m_utf8;
};

} // namespace presence::transport
