// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/noderegistry.h"

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

} // namespace presence::rules
