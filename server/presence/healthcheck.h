// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/redisstate.h"
#include "server/presence/store.h"

#include <QJsonObject>

#include <functional>

namespace presence::rules {

/// What GET /health says. Belongs to one thread.
class HealthCheck
{
public:
    HealthCheck(const Store &store, QString version, const RedisState &state)
        : m_store(store), m_version(std::move(version)), m_state(state)
    {
    }

    struct Report
    {
        bool isReady = false; ///< as RedisState has it
        QJsonObject json; ///< status, redis, presence, version
    };

    bool isReady() const { return m_state.view().isReady(); }

    /// Those who ask while Redis is being asked get the same answer.
    void check(std::function<void(Report)> done) const;

private:
    void ask() const;
    void answer(const Report &report) const;

    void describe(QJsonObject &redis, const QByteArray &replication) const;
    Report toReport(const Result<std::vector<redis::Reply>> &replies,
                    std::chrono::microseconds latency) const;

    const Store &m_store;
    QString m_version;
    const RedisState &m_state;
    mutable std::vector<std::function<void(Report)>> m_waiting;
};

} // namespace presence::rules
