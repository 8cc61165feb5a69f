// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/client.h"

#include "server/redis/cluster/clusterrouter.h"
#include "server/redis/directrouter.h"

#include <set>

namespace presence::redis {

using namespace Qt::StringLiterals;

namespace {

// What is known of commands that each count for themselves.
struct Gathered final : ReplySink
{
    Gathered(size_t size, std::function<void(Client::Replies)> callback)
        : replies(size), left(size), done(std::move(callback))
    {
    }

    void take(size_t index, Result<Reply> reply) override
    {
        if (reply)
            replies[index] = *std::move(reply);
        if (--left == 0)
            done(std::move(replies));
    }

    Client::Replies replies;
    size_t left;
    std::function<void(Client::Replies)> done;
};

// A pipeline whose replies are still coming in.
struct Batch final : ReplySink
{
    Batch(size_t size, Callback<Client::Replies> done)
        : replies(size), missing(size), callback(std::move(done))
    {
    }

    void take(size_t index, Result<Reply> reply) override
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

    Client::Replies replies;
    size_t missing;
    Callback<Client::Replies> callback;
};

} // namespace

std::unique_ptr<Router> makeRouter(const Deployment &deployment, int connections)
{
    if (deployment.kind == Deployment::Kind::Cluster)
        return std::make_unique<ClusterRouter>(deployment);
    return std::make_unique<DirectRouter>(deployment, connections);
}

Client::Client(const Deployment &deployment, int connections)
    : m_deployment(deployment.ofMaster()), m_router(makeRouter(m_deployment, connections))
{
    connect(m_router.get(), &Router::ready, this, &Client::ready);
    connect(m_router.get(), &Router::lost, this, &Client::lost);
    connect(m_router.get(), &Router::demoted, this, &Client::demoted);
    // It may lead to another server.
    connect(m_router.get(), &Router::renewed, this, &Client::ready);
}

std::vector<QByteArray> Client::routes() const
{
    const SlotMap *map = slotMap();
    if (!map)
        return {"0"};
    std::vector<QByteArray> routes;
    std::set<Address> found;
    // Of so many keys of two bytes there is one in each slot.
    for (int i = 0; i < kSlots && found.size() < map->masters().size(); ++i) {
        const QByteArray key{static_cast<char>(i >> 8), static_cast<char>(i)};
        const Address *master = map->masterOf(slotOf(key));
        if (master && found.insert(*master).second)
            routes.push_back(key);
    }
    return routes;
}

QByteArray Client::routeNear(const QByteArray &key) const
{
    if (!slotMap() || isReadyFor(key))
        return key;
    for (const QByteArray &route : routes()) {
        if (isReadyFor(route))
            return route;
    }
    return key;
}

void Client::command(QByteArrayView routeKey, Command command, ReplyCallback callback)
{
    m_router->send(routeKey, std::move(command), std::move(callback));
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
    const auto batch = std::make_shared<Batch>(size, std::move(callback));
    for (size_t i = 0; i < size; ++i)
        m_router->send(routeKey, std::move(commands[i]), {batch, i});
}

void Client::gather(QByteArrayView routeKey, std::vector<Command> commands,
                    std::function<void(Replies)> done)
{
    if (commands.empty()) {
        QMetaObject::invokeMethod(
            this, [done = std::move(done)] { done({}); }, Qt::QueuedConnection);
        return;
    }
    const auto gathered = std::make_shared<Gathered>(commands.size(), std::move(done));
    // Where all are away, those of a server that has just been lost may be back in a moment.
    const bool mayLeaveOut = slotMap() && isReadyFor(routeKey);
    for (size_t i = 0; i < commands.size(); ++i) {
        const QByteArrayView key = commands[i].key();
        if (mayLeaveOut && !key.isEmpty() && !isReadyFor(key))
            QMetaObject::invokeMethod(
                this, [gathered, i] { gathered->take(i, Reply()); }, Qt::QueuedConnection);
        else
            m_router->send(routeKey, std::move(commands[i]), {gathered, i});
    }
}

void Client::eval(const Script &script, const std::vector<QByteArray> &keys,
                  const std::vector<QByteArray> &args, Callback<Reply> callback)
{
    Q_ASSERT(!keys.empty());
    m_router->send(keys.front(), script.command(keys, args), std::move(callback));
}

void Client::load(std::vector<const Script *> scripts, const FunctionLibrary *library)
{
    m_router->setOnConnected([library, scripts = std::move(scripts)](Connection &connection) {
        if (library)
            connection.load(*library);
        for (const Script *script : scripts)
            connection.send({"SCRIPT"_ba, "LOAD"_ba, script->text()}, {});
    });
}

} // namespace presence::redis
