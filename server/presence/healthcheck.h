// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"

#include <QJsonObject>

namespace presence::rules {

/// What GET /health says. Belongs to one thread.
class HealthCheck
{
public:
    HealthCheck(const Store &store, QString version) : m_store(store), m_version(std::move(version))
    {
    }

    struct Report
    {
        bool isHealthy = false;
        QJsonObject json; ///< status, redis, presence, version
    };

    void check(std::function<void(Report)> done) const;

private:
    QString describe(QJsonObject &redis, const QByteArray &replication) const;
    Report toReport(const Result<std::vector<redis::Reply>> &replies,
                    std::chrono::microseconds latency) const;

    const Store &m_store;
    QString m_version;
};

} // namespace presence::rules
