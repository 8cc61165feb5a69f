// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QMap>
#include <QString>

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

namespace presence::rules {

/// Whether Redis takes changes, and who refuses them: one answer for the whole daemon, whichever
/// thread is asked. For all threads.
class RedisState
{
public:
    enum class Status : quint8 {
        Healthy,
        Degraded, ///< a master refuses changes, or a shard lacks a connection
        Unhealthy, ///< no master can be asked
    };

    struct Master
    {
        QString address; ///< as the log names it
        QString error; ///< why it takes no changes; "" while it does
        bool isReached = true; ///< it was the server that said so
    };

    /// A value.
    struct View
    {
        std::vector<Master> masters; ///< empty: it is not known yet
        QString fault; ///< of the cluster as a whole; "" for none
        /// Connections that have been down for kSettled or longer, by shard.
        QStringList shardFaults;
        bool lacksCommands = false; ///< one of these is for commands
        bool isDraining = false;
        /// Since when some master takes changes, or none does; nothing before the first is known.
        std::optional<std::chrono::system_clock::time_point> since;

        bool takesChanges() const; ///< one master at least
        /// To be sent clients. In a cluster a shard may lack the connection to one master.
        bool isReady() const
        {
            return takesChanges() && !isDraining && (masters.size() > 1 || !lacksCommands);
        }
        Status status() const;
        QString error() const; ///< the first that is wrong; "" for nothing
    };

    /// A connection that breaks is there again in a moment, and nobody need know.
    static constexpr std::chrono::seconds kSettled{2};

    View view() const;

    void setMasters(std::vector<Master> masters, const QString &fault);
    enum class Connection : quint8 { ForCommands, Other };
    /// `fault` says which connection of the shard is down; "" for none.
    void setShardFault(size_t shard, const QString &fault, Connection which);
    void setDraining();

private:
    struct ShardFault
    {
        QString fault;
        Connection which = Connection::Other;
        std::chrono::steady_clock::time_point since;
    };

    mutable std::mutex m_mutex;
    View m_view; ///< but for the shards' faults
    QMap<size_t, ShardFault> m_shardFaults;
};

} // namespace presence::rules
