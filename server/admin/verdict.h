// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/redisstate.h"
#include "shared/model/admin.h"

/// Whether the service is healthy, and what is not: the one place for the rules, whose table is in
/// the README. Dashboards and alerts both have what these say.
namespace presence::admin {

/// From when on something is said.
struct Thresholds
{
    /// From a command to its answer. A change takes a few commands, one after the other, and is
    /// to be told within a second.
    static constexpr std::chrono::milliseconds kRedisLatency{50};
    /// A quarter of the second within which a change is to be told.
    static constexpr std::chrono::milliseconds kLoopLag{250};
    /// That a user is to be checked, and was not: the sweeper looks each second.
    static constexpr std::chrono::seconds kOverdue{10};
    /// Above, it is not the network of some: more than ten, and more than one user in a hundred.
    static constexpr qint64 kFlappingUsers = 10;
    static constexpr qint64 kFlappingPart = 100;
    /// From then on users are not read from MongoDB, which lacks too much.
    static constexpr std::chrono::seconds kArchiveLag{30};
    /// Certificates are renewed a month ahead, or by hand within a week.
    static constexpr std::chrono::hours kCertificate{7 * 24};
};

/// What is known at a moment.
struct Signs
{
    Seconds now{}; ///< by Redis' clock, or the node's own while Redis is away
    QByteArray node; ///< where this is known
    Overview overview; ///< but for its verdict
    std::chrono::microseconds redisLatency{0}; ///< the least of the last readings
    rules::RedisState::View redis;
    std::optional<Seconds> awaySince; ///< Redis does not answer
    std::optional<Seconds> lostAt; ///< Redis lost its data, and is told them again
    qint64 overdue = 0; ///< users who were to be checked before kOverdue, and are not
    qint64 flapping = 0; ///< users
    std::optional<Seconds> certificateEnds; ///< of the public port
};

Verdict judge(const Signs &signs);

/// For metrics.
QByteArray nameOf(Finding::Level level);

} // namespace presence::admin
