// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/client.h"

namespace presence::redis {

namespace {

// A pipeline whose replies are still coming in.
struct Batch
{
    Client::Replies replies;
    size_t missing;
    Callback<Client::Replies> callback;

    void take(size_t index, Result<Reply> reply)
    {
        if (!callback)
            return;
        if (!reply) {
            std::exchange(callback, nullptr)(Failure(std::move(reply.error())));
            return;
        }
        replies[index] = std::move(*reply);
        if (--missing == 0)
            std::exchange(callback, nullptr)(std::move(replies));
    }
};

} // namespace

Client::Client(const Endpoint &endpoint, int connections)
{
    for (int i = 0; i < std::max(connections, 1); ++i) {
        auto &connection = *m_connections.emplace_back(std::make_unique<Connection>(endpoint));
        connect(&connection, &Connection::ready, this, [this] {
            if (isReady() && !std::exchange(m_ready, true))
                Q_EMIT ready();
        });
        connect(&connection, &Connection::lost, this, [this] {
            if (std::exchange(m_ready, false))
                Q_EMIT lost();
        });
    }
}

Connection &Client::connectionFor(QByteArrayView routeKey) const
{
    return *m_connections[qHash(routeKey) % m_connections.size()];
}

void Client::command(QByteArrayView routeKey, Command command, Callback<Reply> callback)
{
    connectionFor(routeKey).send(std::move(command), std::move(callback));
}

void Client::pipeline(QByteArrayView routeKey, std::vector<Command> commands,
                      Callback<Replies> callback)
{
    if (commands.empty()) {
        QMetaObject::invokeMethod(
            this, [callback = std::move(callback)] { callback(Replies{}); }, Qt::QueuedConnection);
        return;
    }
    const size_t size = commands.size();
    const auto batch = std::make_shared<Batch>(Batch{Replies(size), size, std::move(callback)});
    Connection &connection = connectionFor(routeKey);
    for (size_t i = 0; i < size; ++i)
        connection.send(std::move(commands[i]),
                        [batch, i](Result<Reply> reply) { batch->take(i, std::move(reply)); });
}

void Client::eval(const Script &script, std::vector<QByteArray> keys, std::vector<QByteArray> args,
                  Callback<Reply> callback)
{
    Q_ASSERT(!keys.empty());
    Connection &connection = connectionFor(keys.front());
    connection.send(script.command(std::move(keys), std::move(args)), std::move(callback));
}

bool Client::isReady() const
{
    return std::all_of(m_connections.begin(), m_connections.end(),
                       [](const auto &connection) { return connection->isReady(); });
}

Client::Counters Client::counters() const
{
    Counters sum;
    for (const auto &connection : m_connections) {
        sum.commands += connection->counters().commands;
        sum.errors += connection->counters().errors;
        sum.reconnects += connection->counters().reconnects;
    }
    return sum;
}

void Client::setLatencyObserver(const LatencyObserver &observer)
{
    for (const auto &connection : m_connections)
        connection->setObserver(observer);
}

} // namespace presence::redis
