// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/noderegistry.h"

#include <algorithm>

namespace presence::rules {

using redis::KeySpace;
using redis::Reply;
using namespace std::chrono_literals;

static constexpr auto kInterval = 5s;
static constexpr qint64 kForgetAfter = 60; ///< s

NodeRegistry::NodeRegistry(const Store &store, QByteArray nodeName,
                           std::function<qint64()> connections, QObject *parent)
    : QObject(parent), m_store(store), m_nodeName(std::move(nodeName)),
      m_connections(std::move(connections))
{
    connect(&m_timer, &QTimer::timeout, this, &NodeRegistry::announce);
}

void NodeRegistry::start()
{
    connect(&m_store.redis, &redis::Client::ready, this, &NodeRegistry::announce);
    m_timer.start(kInterval);
    announce();
}

void NodeRegistry::announce()
{
    if (!m_store.redis.isReady())
        return;
    m_store.redis.command(KeySpace::kNodes, {"TIME"}, [this](Result<Reply> reply) {
        reply = accepted(std::move(reply));
        if (!reply || reply->elements().size() != 2)
            return;
        const qint64 now = reply->elements()[0].toInteger().value_or(0);
        if (m_startedAt == 0)
            m_startedAt = now;
        const QByteArray key = m_store.keys.node(m_nodeName);
        m_store.redis.pipeline(
            KeySpace::kNodes,
            {{"ZADD", KeySpace::kNodes, number(now), m_nodeName},
             {"ZREMRANGEBYSCORE", KeySpace::kNodes, "-inf", number(now - kForgetAfter)},
             {"HSET", key, "started_at", number(m_startedAt), "connections",
              number(m_connections()), "seen_at", number(now)},
             {"EXPIRE", key, number(kForgetAfter)}},
            [](const auto &) {});
    });
}

void NodeRegistry::stop(std::function<void()> done)
{
    m_timer.stop();
    m_store.redis.pipeline(
        KeySpace::kNodes,
        {{"ZREM", KeySpace::kNodes, m_nodeName}, {"DEL", m_store.keys.node(m_nodeName)}},
        [done = std::move(done)](const auto &) { done(); });
}

static Timestamp toTimestamp(const Reply &seconds)
{
    return Timestamp(std::chrono::seconds(seconds.toInteger().value_or(0)));
}

/// `fields` of the node's hash: name, value, …
static void complete(Node &node, const std::vector<Reply> &fields)
{
    for (size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].bytes() == "started_at")
            node.startedAt = toTimestamp(fields[i + 1]);
        else if (fields[i].bytes() == "connections")
            node.connections = fields[i + 1].toInteger().value_or(0);
    }
}

/// From the answers to TIME, ZRANGE of the nodes, and GET of the sweeper.
static std::vector<Node> toNodes(const std::vector<Reply> &replies)
{
    std::vector<Node> nodes;
    const Timestamp now = toTimestamp(replies[0].elements().at(0));
    const auto &rows = replies[1].elements();
    for (size_t i = 0; i + 1 < rows.size(); i += 2) {
        Node node{.name = rows[i].bytes(), .seenAt = toTimestamp(rows[i + 1])};
        node.isAlive = now - node.seenAt <= 3 * kInterval;
        node.isSweeping = replies[2].bytes() == node.name;
        nodes.push_back(std::move(node));
    }
    std::ranges::sort(nodes, {}, &Node::name);
    return nodes;
}

void readNodes(const Store &store, Callback<std::vector<Node>> done)
{
    const auto listed = [&store, done = std::move(done)](const auto &replies) {
        if (!replies || (*replies)[0].elements().size() != 2 || (*replies)[1].isError())
            return done(fail(ErrorCode::Unavailable, QStringLiteral("Redis is away")));
        auto nodes = toNodes(*replies);
        std::vector<redis::Command> commands;
        for (const Node &node : nodes)
            commands.push_back({"HGETALL", store.keys.node(node.name)});
        store.redis.pipeline(KeySpace::kNodes, std::move(commands),
                             [nodes, done](const auto &details) mutable {
                                 for (size_t i = 0; details && i < nodes.size(); ++i)
                                     complete(nodes[i], (*details)[i].elements());
                                 if (details)
                                     done(std::move(nodes));
                                 else
                                     done(Failure(details.error()));
                             });
    };
    store.redis.pipeline(KeySpace::kNodes,
                         {{"TIME"},
                          {"ZRANGE", KeySpace::kNodes, "0", "-1", "WITHSCORES"},
                          {"GET", KeySpace::kSweeper}},
                         listed);
}

} // namespace presence::rules
