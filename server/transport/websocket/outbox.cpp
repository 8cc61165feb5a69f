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
    // A second frame seldom comes alone: one allocation for all that a pass of writing brings.
    constexpr qsizetype kMany = 8;
    if (m_frames.size() == m_frames.capacity())
        m_frames.reserve(std::max(kMany, 2 * m_frames.size()));
    m_frames.append({frame, subject});
    m_bytes += frame.size();
}

void Outbox::push(const QByteArray &begin, const QByteArray &rest, quint64 subject)
{
    push(begin, subject);
    push(rest, kRest);
}

qsizetype Outbox::unsharedBytes() const
{
    qsizetype bytes = 0;
    for (qsizetype i = m_first; i < m_frames.size(); ++i) {
        if (m_frames[i].frame.isDetached())
            bytes += m_frames[i].frame.size();
    }
    return bytes;
}

size_t Outbox::gather(std::span<iovec> vectors) const
{
    const auto count = std::min(vectors.size(), static_cast<size_t>(m_frames.size() - m_first));
    for (size_t i = 0; i < count; ++i) {
        const QByteArray &frame = m_frames[m_first + static_cast<qsizetype>(i)].frame;
        const qsizetype skipped = i == 0 ? m_begun : 0;
        // writev() takes a pointer to non-const and does not write through it.
        vectors[i].iov_base = const_cast<char *>(frame.constData()) + skipped;
        vectors[i].iov_len = static_cast<size_t>(frame.size() - skipped);
    }
    return count;
}

void Outbox::consume(qsizetype written)
{
    m_bytes -= written;
    m_begun += written;
    while (m_first < m_frames.size() && m_begun >= m_frames[m_first].frame.size()) {
        m_begun -= m_frames[m_first].frame.size();
        m_frames[m_first++].frame.clear();
    }
    forgetLeft();
}

/// Moves what is left to the front only when as much has left: else a slow reader of many small
/// frames would cost the square of them.
void Outbox::forgetLeft()
{
    if (m_first < m_frames.size() - m_first)
        return;
    m_frames.erase(m_frames.cbegin(), m_frames.cbegin() + m_first);
    m_first = 0;
    if (m_frames.isEmpty())
        m_frames.squeeze();
}

QByteArrayList Outbox::takeFrames()
{
    QByteArrayList frames;
    for (const Entry &entry : m_frames) {
        if (entry.subject == kRest)
            frames.last() += entry.frame;
        else
            frames += entry.frame;
    }
    *this = {};
    return frames;
}

int Outbox::dropSuperseded()
{
    QSet<quint64> later;
    int dropped = 0;
    const qsizetype untouched = m_first + (m_begun > 0 ? 1 : 0);
    for (qsizetype i = m_frames.size() - 1; i >= untouched; --i) {
        Entry &entry = m_frames[i];
        if (entry.subject == 0 || entry.subject == kRest)
            continue;
        const qsizetype before = later.size();
        later.insert(entry.subject);
        if (later.size() > before)
            continue;
        const auto drop = [this](Entry &part) {
            m_bytes -= part.frame.size();
            part.frame.clear();
        };
        drop(entry);
        if (i + 1 < m_frames.size() && m_frames[i + 1].subject == kRest)
            drop(m_frames[i + 1]);
        ++dropped;
    }
    const auto *end = std::remove_if(m_frames.begin() + untouched, m_frames.end(),
                                     [](const Entry &entry) { return entry.frame.isEmpty(); });
    m_frames.erase(end, m_frames.cend());
    return dropped;
}

void Outbox::dropUnbegun()
{
    qsizetype kept = m_first + (m_begun > 0 ? 1 : 0);
    if (kept < m_frames.size() && m_frames[kept].subject == kRest)
        ++kept;
    m_frames.resize(kept);
    m_bytes = -m_begun;
    for (qsizetype i = m_first; i < kept; ++i)
        m_bytes += m_frames[i].frame.size();
}

} // namespace presence::transport
