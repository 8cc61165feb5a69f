// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/flushqueue.h"

#include "server/transport/websocket/websocketconnection.h"

namespace presence::transport {

using namespace std::chrono_literals;

/// A pass that is shorter than this is followed at once.
static constexpr auto kLongPass = 2ms;
static constexpr auto kLongestPause = 8ms;

FlushQueue::FlushQueue(Clock::time_point (*now)()) : m_now(now)
{
    m_pause.setSingleShot(true);
    m_pause.setTimerType(Qt::PreciseTimer);
    QObject::connect(&m_pause, &QTimer::timeout, &m_passContext, [this] { flushAll(); });
}

void FlushQueue::schedule()
{
    if (std::exchange(m_isScheduled, true))
        return;
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(m_notBefore - m_now());
    m_isEager = pause <= 0ms;
    if (pause > 0ms)
        m_pause.start(pause);
    else
        post([this] { post([this] { flushAll(); }); });
}

void FlushQueue::post(std::function<void()> call)
{
    QMetaObject::invokeMethod(&m_passContext, std::move(call), Qt::QueuedConnection);
}

void FlushQueue::add(WebSocketConnection &connection)
{
    if (connection.m_flushSlot >= 0)
        return;
    schedule();
    // More than one message for many: they leave together.
    if (connection.m_flushedPass == m_pass)
        m_isEager = false;
    connection.m_flushSlot = static_cast<int>(m_waiting.size());
    m_waiting.push_back(&connection);
    if (m_isEager && m_waiting.size() >= kEager && m_flushing.empty())
        write();
}

void FlushQueue::remove(WebSocketConnection &connection)
{
    if (connection.m_flushSlot >= 0)
        m_waiting[static_cast<size_t>(connection.m_flushSlot)] = nullptr;
}

void FlushQueue::write()
{
    const auto begin = m_now();
    m_flushing.swap(m_waiting);
    // Nothing is destroyed meanwhile: connections that end now wait for the table's sweep.
    for (WebSocketConnection *connection : m_flushing) {
        if (!connection)
            continue;
        connection->m_flushSlot = -1;
        connection->m_flushedPass = m_pass;
        connection->flush();
    }
    m_flushing.clear();
    m_spent += m_now() - begin;
}

void FlushQueue::flushAll()
{
    m_isScheduled = false;
    write();
    ++m_pass;
    const auto spent = std::exchange(m_spent, {});
    if (spent >= kLongPass)
        m_notBefore = m_now() + std::min<Clock::duration>(spent, kLongestPause);
}

} // namespace presence::transport
