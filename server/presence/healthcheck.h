// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"

#include <QJsonObject>

#include <functional>

namespace presence::rules {

/// What GET /health says. Belongs to one thread.
class HealthCheck
{
public:
    /// `connections` says which other connection of the shard to Redis is away; "" for none.
    HealthCheck(const Store &store, QString version, std::function<QString()> connections)
        : m_store(store), m_version(std::move(version)), m_connections(std::move(connections))
    {
    }

    struct Report
    {
        bool isHealthy = false;
        QJsonObject json; ///< status, redis, presence, version
    };

    /// Those who ask while Redis is being asked get the same answer.
    void check(std::function<void(Report)> done) const;

private:
    void ask() const;
    void answer(const Report &report) const;

    QString describe(QJsonObject &redis, const QByteArray &replication) const;
    Report toReport(const Result<std::vector<redis::Reply>> &replies,
                    std::chrono::microseconds latency) const;

    const Store &m_store;
    QString m_version;
    std::function<QString()> m_connections;
    mutable std::vector<std::function<void(Report)>> m_waiting;
};

} // namespace presence::rules
