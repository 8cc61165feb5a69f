// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/connection.h"
#include "server/redis/script.h"

#include <memory>
#include <vector>

namespace presence::redis {

/// What the other rooms know of Redis: commands, pipelines and scripts over a few connections.
///
/// Lives on the thread that made it, usually a shard's, and is shared with no other. Everything
/// with the same route key goes over the same connection and so keeps its order; use the key that
/// the command works on. Callbacks and errors are as in Connection: always from the event loop,
/// free to destroy the client, dropped with it.
class Client final : public QObject
{
    Q_OBJECT

public:
    using Replies = std::vector<Reply>;
    using Counters = Connection::Counters;
    using LatencyObserver = Connection::Observer;

    /// Begins to connect; `connections` is at least 1.
    explicit Client(const Endpoint &endpoint, int connections = 1);

    void command(QByteArrayView routeKey, Command command, Callback<Reply> callback);

    /// Adjacent on one connection; the replies are in the order of the commands. Not a
    /// transaction: some may have been done when the whole fails.
    void pipeline(QByteArrayView routeKey, std::vector<Command> commands,
                  Callback<Replies> callback);

    /// Runs `script`, which needs at least one key and is routed by the first.
    void eval(const Script &script, std::vector<QByteArray> keys, std::vector<QByteArray> args,
              Callback<Reply> callback);

    bool isReady() const; ///< all connections are
    Counters counters() const; ///< sums

    /// Told Command::operation() and the latency of each answer.
    void setLatencyObserver(const LatencyObserver &observer);

Q_SIGNALS:
    void ready(); ///< isReady() has become true
    void lost(); ///< isReady() has become false

private:
    Connection &connectionFor(QByteArrayView routeKey) const;

    std::vector<std::unique_ptr<Connection>> m_connections;
    bool m_ready = false;
};

} // namespace presence::redis
