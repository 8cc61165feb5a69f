// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/changestream.h"

#include "server/presence/scripts.h"
#include "server/presence/store.h"

namespace presence::rules {

using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

static constexpr auto kAskInterval = 1'000ms;

QByteArray ChangeStream::argumentFor(const QByteArray &userHash) const
{
    if (!isConsumed())
        return {};
    const QByteArray stream = onServerOf(userHash);
    return stream.isEmpty() ? QByteArray() : stream + m_capacity;
}

QByteArray ChangeStream::onServerOf(const QByteArray &key) const
{
    const redis::SlotMap *map = m_redis.slotMap();
    if (!map)
        return m_keys.changeStream(0);
    const redis::Address *master = map->masterOf(redis::slotOf(key));
    if (!master)
        return {};
    const auto isThere = [map, master](const QByteArray &stream) {
        const redis::Address *other = map->masterOf(redis::slotOf(stream));
        return other && *other == *master;
    };
    QByteArray &known = m_streams[master->toString()];
    if (!known.isEmpty() && isThere(known))
        return known;
    // Slots have moved. Should the server have none, the change waits with the user.
    for (int shard = 0; shard < m_keys.changeStreams(); ++shard) {
        known = m_keys.changeStream(shard);
        if (isThere(known))
            break;
    }
    return known;
}

StreamConsumers::StreamConsumers(redis::Client &redis, const Scripts &scripts,
                                 std::chrono::milliseconds believed)
    : m_redis(redis), m_scripts(scripts), m_believedFor(believed)
{
    connect(&m_timer, &QTimer::timeout, this, [this] { ask([] {}); });
}

void StreamConsumers::registerGroup(const QByteArray &group, std::chrono::seconds time)
{
    m_group = group;
    m_time = time;
    m_isConsumed = true;
    m_believed.setRemainingTime(m_believedFor);
}

void StreamConsumers::start(std::function<void()> asked)
{
    ask(asked);
    m_timer.start(kAskInterval);
}

void StreamConsumers::ask(const std::function<void()> &asked)
{
    m_redis.eval(m_scripts.nodeConsumers, {KeySpace::kStreamConsumers}, {m_group, number(m_time)},
                 [this, asked](Result<Reply> reply) {
                     reply = accepted(std::move(reply));
                     // While the master that knows is away, others of a cluster go on.
                     const bool isConsumed
                         = reply ? reply->toInteger().value_or(0) > 0 : m_isConsumed.load();
                     if (isConsumed)
                         m_believed.setRemainingTime(m_believedFor);
                     m_isConsumed = !m_believed.hasExpired();
                     asked();
                 });
}

} // namespace presence::rules
