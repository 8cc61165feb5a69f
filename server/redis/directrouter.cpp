// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/directrouter.h"

#include <QHashFunctions>

#include <algorithm>

namespace presence::redis {

DirectRouter::DirectRouter(const Deployment &deployment, int connections)
{
    for (int i = 0; i < std::max(connections, 1); ++i) {
        auto &connection = *m_connections.emplace_back(std::make_unique<Connection>(deployment));
        connect(&connection, &Connection::ready, this, [this, &connection] {
            if (m_onConnected)
                m_onConnected(connection);
            if (isReady() && !std::exchange(m_ready, true))
                Q_EMIT ready();
        });
        connect(&connection, &Connection::lost, this, [this] {
            if (std::exchange(m_ready, false))
                Q_EMIT lost();
        });
        connect(&connection, &Connection::demoted, this, &Router::demoted);
        connect(&connection, &Connection::renewed, this, &Router::renewed);
    }
}

void DirectRouter::send(QByteArrayView routeKey, Command command, ReplyCallback callback)
{
    const size_t index = m_connections.size() > 1 ? qHash(routeKey) % m_connections.size() : 0;
    m_connections[index]->send(std::move(command), std::move(callback));
}

void DirectRouter::renew()
{
    for (const auto &connection : m_connections)
        connection->renew();
}

bool DirectRouter::isReady() const
{
    return std::ranges::all_of(m_connections,
                               [](const auto &connection) { return connection->isReady(); });
}

bool DirectRouter::isIdle() const
{
    return std::ranges::all_of(m_connections,
                               [](const auto &connection) { return connection->isIdle(); });
}

Router::Counters DirectRouter::counters() const
{
    Counters sum;
    for (const auto &connection : m_connections)
        sum += connection->counters();
    return sum;
}

void DirectRouter::setObserver(const Observer &observer)
{
    for (const auto &connection : m_connections)
        connection->setObserver(observer);
}

} // namespace presence::redis
