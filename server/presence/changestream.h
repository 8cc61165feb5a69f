// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/client.h"
#include "server/redis/keyspace.h"

#include <QDeadlineTimer>
#include <QTimer>

#include <atomic>
#include <functional>

namespace presence::rules {

struct Scripts;

/// Where the scripts append what happens to a user; resources/lua/user/record.lua has what an entry
/// is. Nothing is appended while no consumer is registered. Belongs to one thread.
class ChangeStream
{
public:
    /// `isConsumed` is set by a StreamConsumers, on any thread. `capacity`: entries that a stream
    /// holds at most, about.
    ChangeStream(const redis::Client &redis, const redis::KeySpace &keys,
                 const std::atomic<bool> &isConsumed, qint64 capacity)
        : m_redis(redis), m_keys(keys), m_isConsumed(isConsumed),
          m_capacity(' ' + QByteArray::number(capacity))
    {
    }

    /// The scripts' argument: the stream on the user's server, and how much it holds; "" for none.
    QByteArray argumentFor(const QByteArray &userHash) const;

    bool isConsumed() const { return m_isConsumed.load(std::memory_order_relaxed); }

private:
    QByteArray onServerOf(const QByteArray &key) const;

    const redis::Client &m_redis;
    const redis::KeySpace &m_keys;
    const std::atomic<bool> &m_isConsumed;
    const QByteArray m_capacity;
    mutable QHash<QString, QByteArray> m_streams; ///< master -> one of its streams
};

/// Asks Redis each second whether anybody consumes the change streams, so that one which is new
/// misses nothing from a moment later on. Main thread.
class StreamConsumers : public QObject
{
    Q_OBJECT
public:
    /// A consumer registers again each second, so one that Redis has lost is back within
    /// `believed`.
    StreamConsumers(redis::Client &redis, const Scripts &scripts,
                    std::chrono::milliseconds believed = std::chrono::seconds(10));

    const std::atomic<bool> &isConsumed() const { return m_isConsumed; }

    /// Registers the group, from now on, for `time` after the node is gone.
    void registerGroup(const QByteArray &group, std::chrono::seconds time);

    /// Asks now, and from then on by itself; `asked` once, when Redis has answered or failed.
    void start(std::function<void()> asked);

private:
    void ask(const std::function<void()> &asked);

    redis::Client &m_redis;
    const Scripts &m_scripts;
    QByteArray m_group;
    std::chrono::seconds m_time{0};
    std::atomic<bool> m_isConsumed = false;
    const std::chrono::milliseconds m_believedFor;
    QDeadlineTimer m_believed; ///< where Redis has lost them, they are still there
    QTimer m_timer;
};

} // namespace presence::rules
