// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/client.h"

#include <QDeadlineTimer>
#include <QTimer>

#include <functional>
#include <optional>
#include <vector>

namespace presence::rules {

/// Notices that Redis has lost what it held: it was started empty, or emptied. Until all nodes have
/// told it again who is there, what it says of who is not there is wrong.
///
/// An epoch in Redis changes only when it was lost, whoever looks first. In a cluster it is at one
/// master, and while that is away, what the others hold counts. Belongs to one thread, that of the
/// client.
class DataLossDetector : public QObject
{
    Q_OBJECT
public:
    /// `collecting`: how long nodes need to tell Redis again.
    DataLossDetector(redis::Client &redis, std::chrono::milliseconds collecting);

    /// Redis holds what it was told. False also after a time without Redis, until it is known.
    bool isComplete() const { return m_isChecked && m_collecting.hasExpired(); }

    /// When it was noticed that Redis had lost its data, until it was told again.
    std::optional<std::chrono::system_clock::time_point> lostAt() const
    {
        return m_collecting.hasExpired() ? std::nullopt : m_lostAt;
    }

    /// Calls `read` with a callback whose result counts only if Redis holds what it was told, and
    /// waits until that is known; else `done` gets Unavailable, from the event loop, and Redis is
    /// not asked.
    template <typename T, typename Read>
    void guard(Callback<T> done, Read read)
    {
        if (!m_collecting.hasExpired()) {
            QMetaObject::invokeMethod(
                &m_redis, [done = std::move(done)] { done(incomplete()); }, Qt::QueuedConnection);
            return;
        }
        read([this, done = std::move(done)](Result<T> result) {
            const bool isFinal = !result || isChecked();
            auto answer = [this, done, result = std::move(result)]() mutable {
                done(isComplete() || !result ? std::move(result) : incomplete());
            };
            // What waited for Redis to come back is answered before that is known.
            if (isFinal)
                answer();
            else
                m_held.emplace_back(std::move(answer));
        });
    }

Q_SIGNALS:
    /// Redis has lost what it held, and was told again since: what was read before is to be read
    /// again.
    void collected();

private:
    static Failure incomplete();
    void noteAway();
    bool isChecked();
    void check();
    void setEpoch();
    void take(const QByteArray &epoch);
    void failed();
    void release();

    redis::Client &m_redis;
    const std::chrono::milliseconds m_time;
    QByteArray m_epoch; ///< as seen last
    bool m_isChecked = true; ///< since Redis was away
    bool m_isAway = false; ///< the epoch's master of a cluster, since it was last asked
    std::vector<std::function<void()>> m_held; ///< answers, until it is known
    QDeadlineTimer m_collecting;
    std::optional<std::chrono::system_clock::time_point> m_lostAt;
    QTimer m_collected; ///< m_collecting is over
    QTimer m_timer;
};

} // namespace presence::rules
