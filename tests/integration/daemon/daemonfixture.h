// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/daemonprocess.h"
#include "tests/support/redisdeployment.h"
#include "tests/support/restclient.h"
#include "tests/support/token.h"

#include <QTest>

#include <memory>
#include <optional>

namespace presence::test {

/// A real Redis and a real daemon on it.
struct DaemonFixture
{
    /// `environment` goes before what is chosen here. With `options` Redis is this fixture's alone.
    explicit DaemonFixture(const DaemonProcess::Environment &environment = {},
                           const std::optional<RedisServer::Options> &options = {})
        : holder(options ? std::make_shared<RedisDeployment>(*options) : RedisDeployment::empty()),
          redis(*holder), daemon(with(environment))
    {
    }

    [[nodiscard]] bool start() { return redis.start() && daemon.start(); }

    /// The environment of a daemon on this Redis.
    DaemonProcess::Environment with(const DaemonProcess::Environment &more) const
    {
        DaemonProcess::Environment environment{
            {QStringLiteral("AUTH_JWT_SECRET"), QString::fromLatin1(kSecret)},
            {QStringLiteral("PRESENCE_BIND"), QStringLiteral("127.0.0.1")},
            {QStringLiteral("REDIS_POOL_SIZE"), QStringLiteral("2")},
            {QStringLiteral("OFFLINE_GRACE"), QStringLiteral("0")}};
        environment.insert(redis.environment());
        environment.insert(more);
        return environment;
    }

    RestClient as(const QString &user, const QJsonObject &claims = {}) const
    {
        return RestClient(daemon.port(), tokenFor(user, claims));
    }
    RestClient asAdmin() const
    {
        return as(QStringLiteral("ops"),
                  {{QLatin1StringView("scope"), QLatin1StringView("admin")}});
    }
    RestClient asNobody() const { return RestClient(daemon.port()); }

    QByteArray cli(const QStringList &arguments) const { return redis.cli(arguments); }
    /// Redis' clock, s since the epoch.
    qint64 now() const { return cli({QStringLiteral("TIME")}).split('\n').first().toLongLong(); }

    std::shared_ptr<RedisDeployment> holder;
    RedisDeployment &redis;
    DaemonProcess daemon;
};

} // namespace presence::test
