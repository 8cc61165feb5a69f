// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/connectiontable.h"

#include <algorithm>
#include <utility>

namespace presence::transport {

ConnectionTable::~ConnectionTable()
{
    // One at a time: what a handler does when it is told may retire others.
    while (!m_live.empty())
        retire(*m_live.back());
    while (!m_retired.empty())
        sweep();
}

void ConnectionTable::count(const Connection &connection, int change)
{
    m_limiter.connections.fetch_add(change, std::memory_order_relaxed);
    if (connection.m_address)
        connection.m_address->connections.fetch_add(change, std::memory_order_relaxed);
}

void ConnectionTable::add(std::unique_ptr<Connection> connection)
{
    count(*connection, 1);
    connection->m_slot = m_live.size();
    m_live.push_back(std::move(connection));
}

void ConnectionTable::retire(Connection &connection)
{
    const size_t slot = std::exchange(connection.m_slot, Connection::kNoSlot);
    if (slot == Connection::kNoSlot)
        return;
    count(connection, -1);
    if (m_retired.empty())
        QMetaObject::invokeMethod(
            &m_passContext, [this] { sweep(); }, Qt::QueuedConnection);
    m_retired.push_back(std::move(m_live[slot]));
    if (slot + 1 != m_live.size()) {
        m_live[slot] = std::move(m_live.back());
        m_live[slot]->m_slot = slot;
    }
    m_live.pop_back();
}

void ConnectionTable::sweep()
{
    const auto retired = std::exchange(m_retired, {});
    for (const auto &connection : retired)
        connection->ended();
}

void ConnectionTable::askToGo(size_t first, size_t last, protocol::CloseCode code)
{
    for (size_t i = std::min(last, m_live.size()); i > first; --i) {
        if (i <= m_live.size()) // those before may have taken others along
            m_live[i - 1]->goAway(code);
    }
}

} // namespace presence::transport
