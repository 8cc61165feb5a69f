// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/outbox.h"

#include <QSet>

#include <algorithm>
#include <sys/uio.h>

namespace presence::transport {

void Outbox::push(const QByteArray &frame, quint64 subject)
{
    if (frame.isEmpty())
        return;
    if (!m_queue)
        m_queue = std::make_unique<Queue>();
    m_queue->frames.append({frame, subject});
    m_queue->bytes += frame.size();
}

void Outbox::push(const QByteArray &begin, const QByteArray &rest, quint64 subject)
{
    push(begin, subject);
    push(rest, kRest);
}

qsizetype Outbox::unsharedBytes() const
{
    qsizetype bytes = 0;
    for (qsizetype i = m_queue ? m_queue->first : 0; m_queue && i < m_queue->frames.size(); ++i) {
        const QByteArray &frame = m_queue->frames[i].frame;
        bytes += frame.isDetached() ? frame.size() : 0;
    }
    return bytes;
}

size_t Outbox::gather(std::span<iovec> vectors) const
{
    if (!m_queue)
        return 0;
    const auto &[frames, first, begun, bytes] = *m_queue;
    const auto count = std::min(vectors.size(), static_cast<size_t>(frames.size() - first));
    for (size_t i = 0; i < count; ++i) {
        const QByteArray &frame = frames[first + static_cast<qsizetype>(i)].frame;
        const qsizetype skipped = i == 0 ? begun : 0;
        // writev() takes a pointer to non-const and does not write through it.
        vectors[i].iov_base = const_cast<char *>(frame.constData()) + skipped;
        vectors[i].iov_len = static_cast<size_t>(frame.size() - skipped);
    }
    return count;
}

void Outbox::consume(qsizetype written)
{
    if (!m_queue)
        return;
    auto &[frames, first, begun, bytes] = *m_queue;
    bytes -= written;
    begun += written;
    while (first < frames.size() && begun >= frames[first].frame.size()) {
        begun -= frames[first].frame.size();
        frames[first++].frame.clear();
    }
    forgetLeft();
}

/// Moves what is left to the front only when as much has left: else a slow reader of many small
/// frames would cost the square of them.
void Outbox::forgetLeft()
{
    auto &[frames, first, begun, bytes] = *m_queue;
    if (first == frames.size())
        return m_queue.reset();
    if (first < frames.size() - first)
        return;
    frames.erase(frames.cbegin(), frames.cbegin() + first);
    first = 0;
}

QByteArrayList Outbox::takeFrames()
{
    QByteArrayList taken;
    const auto queue = std::move(m_queue);
    if (!queue)
        return taken;
    for (const Entry &entry : queue->frames) {
        if (entry.subject == kRest)
            taken.last() += entry.frame;
        else
            taken += entry.frame;
    }
    return taken;
}

int Outbox::dropSuperseded()
{
    if (!m_queue)
        return 0;
    auto &[frames, first, begun, bytes] = *m_queue;
    const auto drop = [&total = bytes](Entry &part) {
        total -= part.frame.size();
        part.frame.clear();
    };
    QSet<quint64> later;
    int dropped = 0;
    const qsizetype untouched = first + (begun > 0 ? 1 : 0);
    for (qsizetype i = frames.size() - 1; i >= untouched; --i) {
        Entry &entry = frames[i];
        if (entry.subject == 0 || entry.subject == kRest)
            continue;
        const qsizetype before = later.size();
        later.insert(entry.subject);
        if (later.size() > before)
            continue;
        drop(entry);
        if (i + 1 < frames.size() && frames[i + 1].subject == kRest)
            drop(frames[i + 1]);
        ++dropped;
    }
    const auto *end = std::remove_if(frames.begin() + untouched, frames.end(),
                                     [](const Entry &entry) { return entry.frame.isEmpty(); });
    frames.erase(end, frames.cend());
    return dropped;
}

void Outbox::dropUnbegun()
{
    if (!m_queue)
        return;
    auto &[frames, first, begun, bytes] = *m_queue;
    qsizetype kept = first + (begun > 0 ? 1 : 0);
    if (kept < frames.size() && frames[kept].subject == kRest)
        ++kept;
    frames.resize(kept);
    bytes = -begun;
    for (qsizetype i = first; i < kept; ++i)
        bytes += frames[i].frame.size();
    forgetLeft();
}

} // namespace presence::transport
