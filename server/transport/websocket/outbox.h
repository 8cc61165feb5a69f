// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayList>
#include <QVarLengthArray>

#include <memory>
#include <span>

struct iovec;

namespace presence::transport {

/// Frames that wait to be written on one connection, in order. The frames are shared with other
/// receivers, never copied. A value without a socket; an empty one holds no memory.
class Outbox
{
public:
    /// `subject` is what the frame says all about: it supersedes earlier ones of the same. 0:
    /// nothing.
    void push(const QByteArray &frame, quint64 subject = 0);
    /// The same in two parts, of which the second is shared with others.
    void push(const QByteArray &begin, const QByteArray &rest, quint64 subject);

    bool isEmpty() const { return !m_queue; }

    /// Bytes not yet written.
    qsizetype bytes() const { return m_queue ? m_queue->bytes : 0; }

    /// Of those, what no other outbox holds as well.
    qsizetype unsharedBytes() const;

    /// Points as many of `vectors` as are needed at the unwritten bytes; returns how many.
    size_t gather(std::span<iovec> vectors) const;

    /// `written` bytes from the front have left.
    void consume(qsizetype written);

    /// All whole frames, of an outbox that nothing was consumed of. It is empty afterwards.
    QByteArrayList takeFrames();

    /// Forgets the frames that a later one has superseded, but none that has partly left. Returns
    /// how many.
    int dropSuperseded();

    /// Forgets all frames but one that has partly left, which the stream cannot do without.
    void dropUnbegun();

private:
    struct Entry
    {
        QByteArray frame;
        quint64 subject = 0;
    };

    /// The subject of the rest of a frame whose begin is the entry before.
    static constexpr quint64 kRest = ~quint64(0);

    /// Most have few, and none for long.
    struct Queue
    {
        QVarLengthArray<Entry, 4> frames;
        qsizetype first = 0; ///< of the frames that has not left
        qsizetype begun = 0; ///< bytes of the first frame that have left
        qsizetype bytes = 0; ///< not yet written
    };

    void forgetLeft();

    std::unique_ptr<Queue> m_queue; ///< null while it is empty
};

} // namespace presence::transport
