// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/client.h"

#include <QDeadlineTimer>

#include <map>

namespace presence::rules {

/// Which masters of a cluster are away, or have been until a moment ago, so that nodes could not
/// refresh what they have there. Of a single server it says nothing. Belongs to one thread.
class MasterWatch
{
public:
    explicit MasterWatch(const redis::Client &redis) : m_redis(redis) { }

    /// To be called again and again: whoever is away now, or is a master only since the last time,
    /// rests for so long from when it is there.
    void look(std::chrono::milliseconds rest);

    enum class State : quint8 { Settled, Resting, Away };
    State of(QByteArrayView key) const; ///< the master of `key`

private:
    const redis::Client &m_redis;
    std::map<redis::Address, QDeadlineTimer>
        m_rests; ///< by master; expired for one that is settled
};

} // namespace presence::rules
