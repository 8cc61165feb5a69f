// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/network.h"
#include "server/limits/rate.h"

#include "shared/protocol/limits.h"

#include <QList>

#include <array>
#include <functional>

namespace presence::limits {

/// What users and addresses have a rate of, each.
enum class Spending : quint8 {
    Requests, ///< of REST
    Joins, ///< of topics
    Rows, ///< users that are read: each of a bulk, of a page, of a list to watch
    Snapshots, ///< KiB of what topics begin with
    Changes, ///< of a status
    Activity, ///< typing, channels entered and left, idle and active, heartbeats by REST
    Messages, ///< of WebSockets and long polling, as Limits::connectionMessages counts them
};
inline constexpr size_t kSpendings = 7;
using Rates = std::array<Rate, kSpendings>; ///< by Spending

/// What can be too much, as the label of presence_limited_total.
enum class Limit : quint8 {
    ConnectionMessages,
    UserConnections,
    UserRequests,
    UserJoins,
    UserRows,
    UserSnapshots,
    UserChanges,
    UserActivity,
    UserMessages,
    UserWatched,
    UserUnsent,
    UserReads,
    DeviceMoves,
    AddressConnections,
    AddressRequests,
    AddressJoins,
    AddressRows,
    AddressSnapshots,
    AddressChanges,
    AddressActivity,
    AddressMessages,
    AddressAccepts,
    AddressUnauthenticated,
    AddressBodies,
    ProcessConnections,
    ProcessMemory,
};
inline constexpr size_t kLimits = 26;
QByteArray toName(Limit limit);

/// How much of everything anybody gets of one node. 0 means without limit, unless said otherwise.
struct Limits
{
    /// Bytes, and frames beyond the first, that count as one message more.
    static constexpr int kMessageBytes = 4096;
    static constexpr int kMessageFrames = 16;

    Rate connectionMessages{.count = limits::kMessagesPerSecond, .burst = limits::kMessageBurst};

    /// A client that comes back says again all it had, on each of its connections.
    Rates user{Rate{.count = 50, .burst = 500},        Rate{.count = 50, .burst = 5'000},
               Rate{.count = 1'000, .burst = 50'000},  Rate{.count = 1'024, .burst = 65'536},
               Rate{30, std::chrono::seconds(60), 20}, Rate{.count = 50, .burst = 5'000},
               Rate{.count = 500, .burst = 20'000}};
    int userConnections = 200;
    int userWatched = 50'000; ///< users, by all of its connections
    qint64 userUnsent = 64 * 1024 * 1024; ///< bytes, of all of its connections
    Rate deviceMoves{5, std::chrono::seconds(60), 5}; ///< to another workspace

    /// Of an office that comes back after an outage, or a proxy that is not listed.
    Rates address{
        Rate{.count = 2'000, .burst = 50'000},     Rate{.count = 5'000, .burst = 1'000'000},
        Rate{.count = 50'000, .burst = 5'000'000}, Rate{.count = 102'400, .burst = 16'777'216},
        Rate{.count = 200, .burst = 10'000},       Rate{.count = 5'000, .burst = 1'000'000},
        Rate{.count = 20'000, .burst = 5'000'000}};
    Rate addressAccepts{.count = 1'000, .burst = 50'000}; ///< new connections
    int addressConnections = 0; ///< 0: half of those of the process
    Rate addressUnauthenticated{.count = 50, .burst = 500}; ///< requests without a valid token
    qint64 addressBodies = 64 * 1024 * 1024; ///< bytes of bodies that are being received

    int connections = 0; ///< of the process; 0: as many as it has descriptors for
    qint64 memory
        = 0; ///< bytes of the process; 0: four fifths of what the machine or container has
    TrustedProxies trustedProxies;

    const Rate &userRate(Spending what) const { return user[static_cast<size_t>(what)]; }
    const Rate &addressRate(Spending what) const { return address[static_cast<size_t>(what)]; }
};

/// What a message costs of Limits::connectionMessages.
inline double messageCost(qsizetype bytes)
{
    return 1 + static_cast<double>(bytes) / Limits::kMessageBytes;
}

/// One line of the table of all limits.
struct LimitRow
{
    QString variable; ///< empty: it is fixed
    QString whom; ///< connection, user, device, address or process
    QString what;
    QString answer; ///< what the client gets
    QString metric; ///< that counts it
    std::function<QString(const Limits &)> value;
    /// What is wrong with the text, without its name.
    std::function<Result<void>(Limits &, const QString &)> set; ///< empty: it is fixed
};

/// The one table: for the configuration, for --help, for operators who ask /health, and for the
/// README.
const QList<LimitRow> &limitTable();

} // namespace presence::limits
