// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

namespace presence::transport {

/// Takes the chunked transfer coding off a body (RFC 9112, 7.1), strictly: every line ends in CR
/// LF, sizes are plain hexadecimal. Chunk extensions and trailer fields are read over, up to a
/// bound. A pure value.
class ChunkDecoder
{
public:
    enum class State : quint8 { NeedMore, Complete, Malformed, TooLarge };

    /// Appends decoded bytes to `body`, which never grows beyond limits::kMaxRequestBody, and
    /// returns how many of `bytes` it used: all, unless state() is no longer NeedMore.
    qsizetype feed(QByteArrayView bytes, QByteArray &body);

    State state() const { return m_state; }

private:
    enum class Part : quint8 { Size, Data, DataEnd, Trailer };

    void takeLineByte(char byte);
    void finishLine();
    void startChunk();

    QByteArray m_line;
    qsizetype m_remaining = 0; ///< bytes of the present chunk still to come
    int m_overhead = 0; ///< bytes of extensions and trailers so far
    Part m_part = Part::Size;
    State m_state = State::NeedMore;
};

} // namespace presence::transport
