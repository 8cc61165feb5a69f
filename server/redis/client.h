// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/cluster/slotmap.h"
#include "server/redis/router.h"
#include "server/redis/script.h"

#include <functional>
#include <memory>
#include <vector>

namespace presence::redis {

/// What the other modules know of Redis: commands, pipelines and scripts, whatever deployment they
/// go to.
///
/// Lives on the thread that made it, usually a shard's, and is shared with no other. Everything
/// with the same route key goes over the same connection and so keeps its order; use the key that
/// the command works on. In a cluster, where a command goes by its own key, what works on one key
/// keeps its order as long as the key's slot does not move. Callbacks and errors are as in
/// Connection: always from the event loop, free to destroy the client, dropped with it.
class Client final : public QObject
{
    Q_OBJECT

public:
    using Replies = std::vector<Reply>;
    using Counters = Connection::Counters;
    using LatencyObserver = Connection::Observer;

    /// Begins to connect; `connections` is at least 1, to each server.
    explicit Client(const Deployment &deployment, int connections = 1);

    void command(QByteArrayView routeKey, Command command, ReplyCallback callback);

    /// Adjacent on one connection, or split among the nodes of a cluster; the replies are in the
    /// order of the commands. Not a transaction: some may have been done when the whole fails.
    void pipeline(QByteArrayView routeKey, std::vector<Command> commands,
                  Callback<Replies> callback);

    /// As pipeline(), where a part of the answer is better than none: the reply to a command that
    /// fails is nil, and at once where the master of its key is away while others are there.
    void gather(QByteArrayView routeKey, std::vector<Command> commands,
                std::function<void(Replies)> done);

    /// Runs `script`, which needs at least one key and is routed by the first.
    void eval(const Script &script, const std::vector<QByteArray> &keys,
              const std::vector<QByteArray> &args, Callback<Reply> callback);

    /// Has each server load `scripts`, and `library` if there is one, whenever it is connected to,
    /// so that calls find them. They must outlive the client.
    void load(std::vector<const Script *> scripts, const FunctionLibrary *library = nullptr);

    /// Has all connections use the credentials that hold now, as Connection::renew().
    void renew() { m_router->renew(); }

    bool isReady() const { return m_router->isReady(); } ///< all that is needed can be reached
    /// Whoever serves `key` can be reached: in a cluster others may be away.
    bool isReadyFor(QByteArrayView key) const { return m_router->isReadyFor(key); }
    bool isIdle() const { return m_router->isIdle(); } ///< no callback is due
    Counters counters() const { return m_router->counters(); } ///< sums
    const Deployment &deployment() const { return m_deployment; }
    /// Who serves what in a cluster, as known; null without one.
    const SlotMap *slotMap() const { return m_router->slotMap(); }
    /// A route key of each server, for what is asked of all; none while a cluster is not known.
    std::vector<QByteArray> routes() const;
    /// `key`, or while its master is away a key of one that is there, for what any can be asked.
    QByteArray routeNear(const QByteArray &key) const;

    /// Told Command::operation() and the latency of each answer.
    void setLatencyObserver(const LatencyObserver &observer) { m_router->setObserver(observer); }

Q_SIGNALS:
    void ready(); ///< isReady() has become true, or another connection is used
    void lost(); ///< isReady() has become false
    /// The server is the master no more: whoever is connected to it otherwise should look again.
    void demoted();

private:
    Deployment m_deployment;
    std::unique_ptr<Router> m_router;
};

} // namespace presence::redis
