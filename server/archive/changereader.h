// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/documents.h"
#include "server/redis/client.h"
#include "server/redis/keyspace.h"

#include <QDeadlineTimer>

#include <chrono>

namespace presence::archive {

/// The consumer group "archive" of the change streams: every entry goes to one node, and to another
/// one when that does not acknowledge it in time. Belongs to the thread of its client.
class ChangeReader
{
public:
    static inline const QByteArray kGroup{"archive"};

    /// `consumer`: unique among the nodes. `maxAge`: what is older is dropped, and so is
    /// what is more than `capacity` entries in a stream.
    ChangeReader(redis::Client &redis, const redis::KeySpace &keys, QByteArray consumer,
                 std::chrono::seconds maxAge, qint64 capacity);

    bool isReachable() const; ///< one stream at least

    /// Of the streams that can be read, in a cluster not all while a master is away.
    /// About `count` changes at most, none when there are none. Whatever this node read and did not
    /// acknowledge comes again after forget().
    void read(int count, Callback<std::vector<Change>> done);
    void forget() { m_hasRest = true; }

    void acknowledge(const std::vector<Change> &changes, Callback<void> done);

    struct Lag
    {
        qint64 entries = 0; ///< that are not written yet
        std::chrono::milliseconds age{0}; ///< of the oldest of them
        double fill = 0; ///< of the fullest stream, 1: it drops its oldest entries
        qint64 dropped = 0; ///< since this node started, by what it saw
    };
    /// Of a stream that cannot be measured as it was last.
    void measure(Callback<Lag> done);

    /// Takes a user's entries out of all streams.
    void erase(const UserId &user, Callback<void> done);

    /// The tags of sessions' ids -> the node's name.
    void readNodes(Callback<QHash<QByteArray, QByteArray>> done);

private:
    std::vector<QByteArray> reachable() const;
    std::vector<QByteArray> streams();
    struct Measured
    {
        qint64 entries = 0;
        std::chrono::milliseconds age{0}; ///< of the oldest of them
        qint64 added = 0; ///< ever
        qint64 acknowledged = 0; ///< ever
    };
    void add(const Measured &measured, Lag &lag) const;
    void take(const QByteArray &stream, const redis::Reply &measured, Lag &lag);
    void eraseFrom(int shard, const QByteArray &after, const UserId &user, Callback<void> done);

    redis::Client &m_redis;
    const redis::KeySpace &m_keys;
    const QByteArray m_consumer;
    const std::chrono::milliseconds m_maxAge;
    const qint64 m_capacity;
    QHash<QByteArray, Measured> m_measured; ///< stream -> as it was last
    qint64 m_dropped = 0;
    const redis::Script m_read;
    const redis::Script m_acknowledge;
    const redis::Script m_measure;
    const redis::Script m_erase;
    bool m_hasRest = true; ///< entries may be read and not acknowledged
    QDeadlineTimer m_claim; ///< until those of others are looked at
    QDeadlineTimer m_all; ///< until streams are looked at to which nobody appends any more
};

} // namespace presence::archive
