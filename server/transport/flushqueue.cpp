// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/flushqueue.h"

#include "server/transport/websocketconnection.h"

namespace presence::transport {

using namespace std::chrono_literals;

/// A pass that is shorter than this is followed at once.
static constexpr auto kLongPass = 2ms;
static constexpr auto kLongestPause = 4ms;

FlushQueue::FlushQueue()
{
    m_pause.setSingleShot(true);
    m_pause.setTimerType(Qt::PreciseTimer);
    QObject::connect(&m_pause, &QTimer::timeout, &m_passContext, [this] { flushAll(); });
}

void FlushQueue::schedule()
{
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(m_notBefore - Clock::now());
    if (pause > 0ms)
        m_pause.start(pause);
    else
        QMetaObject::invokeMethod(
            &m_passContext, [this] { flushAll(); }, Qt::QueuedConnection);
}

void FlushQueue::add(WebSocketConnection &connection)
{
    if (connection.m_flushSlot >= 0)
        return;
    if (m_waiting.empty())
        schedule();
    connection.m_flushSlot = static_cast<int>(m_waiting.size());
    m_waiting.push_back(&connection);
}

void FlushQueue::remove(WebSocketConnection &connection)
{
    if (connection.m_flushSlot >= 0)
        m_waiting[static_cast<size_t>(connection.m_flushSlot)] = nullptr;
}

void FlushQueue::flushAll()
{
    const auto begin = Clock::now();
    m_flushing.swap(m_waiting);
    // Nothing is destroyed meanwhile: connections that end now wait for the table's sweep.
    for (WebSocketConnection *connection : m_flushing) {
        if (!connection)
            continue;
        connection->m_flushSlot = -1;
        connection->flush();
    }
    m_flushing.clear();
    const auto end = Clock::now();
    if (end - begin >= kLongPass)
        m_notBefore = end + std::min<Clock::duration>((end - begin) / 2, kLongestPause);
}

} // namespace presence::transport
