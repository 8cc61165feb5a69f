// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/flushqueue.h"

#include "server/transport/websocketconnection.h"

namespace presence::transport {

void FlushQueue::add(WebSocketConnection &connection)
{
    if (connection.m_flushSlot >= 0)
        return;
    if (m_waiting.empty())
        QMetaObject::invokeMethod(
            &m_passContext, [this] { flushAll(); }, Qt::QueuedConnection);
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
    m_flushing.swap(m_waiting);
    // Nothing is destroyed meanwhile: connections that end now wait for the table's sweep.
    for (WebSocketConnection *connection : m_flushing) {
        if (!connection)
            continue;
        connection->m_flushSlot = -1;
        connection->flush();
    }
    m_flushing.clear();
}

} // namespace presence::transport
