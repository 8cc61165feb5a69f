// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/redisstate.h"

#include <algorithm>

namespace presence::rules {

using namespace Qt::StringLiterals;

bool RedisState::View::takesChanges() const
{
    return std::ranges::any_of(masters,
                               [](const Master &master) { return master.error.isEmpty(); });
}

RedisState::Status RedisState::View::status() const
{
    const bool isReached
        = std::ranges::any_of(masters, [](const Master &master) { return master.isReached; });
    if (!isReached)
        return Status::Unhealthy;
    return error().isEmpty() ? Status::Healthy : Status::Degraded;
}

QString RedisState::View::error() const
{
    if (masters.empty())
        return u"it is not known yet whether Redis takes changes"_s;
    for (const Master &master : masters) {
        if (!master.error.isEmpty())
            return master.error;
    }
    if (!fault.isEmpty() || shardFaults.isEmpty())
        return fault;
    return shardFaults.first();
}

RedisState::View RedisState::view() const
{
    const std::scoped_lock lock(m_mutex);
    View view = m_view;
    for (const ShardFault &shard : m_shardFaults) {
        if (std::chrono::steady_clock::now() - shard.since < kSettled)
            continue;
        view.shardFaults.append(shard.fault);
        view.lacksCommands = view.lacksCommands || shard.which == Connection::ForCommands;
    }
    return view;
}

void RedisState::setMasters(std::vector<Master> masters, const QString &fault)
{
    const std::scoped_lock lock(m_mutex);
    const bool tookChanges = m_view.takesChanges();
    const bool isFirst = m_view.masters.empty() && !masters.empty();
    m_view.masters = std::move(masters);
    if (isFirst || tookChanges != m_view.takesChanges())
        m_view.since = std::chrono::system_clock::now();
    m_view.fault = fault;
}

void RedisState::setShardFault(size_t shard, const QString &fault, Connection which)
{
    const std::scoped_lock lock(m_mutex);
    if (fault.isEmpty()) {
        m_shardFaults.remove(shard);
        return;
    }
    const auto known = m_shardFaults.constFind(shard);
    const auto since = known == m_shardFaults.cend() || known->which != which
        ? std::chrono::steady_clock::now()
        : known->since;
    m_shardFaults.insert(shard, {fault, which, since});
}

void RedisState::setDraining()
{
    const std::scoped_lock lock(m_mutex);
    m_view.isDraining = true;
}

} // namespace presence::rules
