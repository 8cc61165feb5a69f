// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/outbox.h"

#include <algorithm>
#include <sys/uio.h>

namespace presence::transport {

void Outbox::push(const QByteArray &frame)
{
    if (frame.isEmpty())
        return;
    m_frames.append(frame);
    m_bytes += frame.size();
}

size_t Outbox::gather(std::span<iovec> vectors) const
{
    const auto count = std::min(vectors.size(), static_cast<size_t>(m_frames.size()));
    for (size_t i = 0; i < count; ++i) {
        const QByteArray &frame = m_frames[static_cast<qsizetype>(i)];
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
    if (m_bytes == 0) {
        m_frames.clear();
        m_frames.squeeze();
        m_begun = 0;
        return;
    }
    m_begun += written;
    auto first = m_frames.cbegin();
    for (; m_begun >= first->size(); ++first)
        m_begun -= first->size();
    m_frames.erase(m_frames.cbegin(), first);
}

void Outbox::dropUnbegun()
{
    m_frames.resize(m_begun > 0 ? 1 : 0);
    m_bytes = m_frames.isEmpty() ? 0 : m_frames.first().size() - m_begun;
}

} // namespace presence::transport
