// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/eventbus.h"
#include "server/presence/channelpresence.h"
#include "server/presence/heartbeatscheduler.h"
#include "server/presence/presencetracker.h"
#include "server/presence/sweeper.h"
#include "server/presence/typingtracker.h"
#include "tests/support/pubsublog.h"
#include "tests/support/redisdeployment.h"

#include <QTest>

#include <optional>

namespace presence::test {

/// A real Redis, and the rules on it.
struct StoreFixture
{
    explicit StoreFixture(rules::PresenceConfig config = {})
        : holder(RedisDeployment::empty()), server(*holder), keys(server.keys()),
          redis(server.deployment(), 1), store{redis, keys, scripts, config}
    {
    }

    /// Waits for what an asynchronous call ends with.
    template <typename T, typename Call>
    Result<T> wait(Call call)
    {
        std::optional<Result<T>> result;
        call([&result](Result<T> value) { result.emplace(std::move(value)); });
        if (!QTest::qWaitFor([&result] { return result.has_value(); }, 5000))
            return fail(ErrorCode::Timeout, QStringLiteral("no answer"));
        return *std::move(result);
    }

    QByteArray cli(const QStringList &arguments) const { return server.cli(arguments); }
    /// Redis' clock, s since the epoch.
    qint64 now() const { return cli({QStringLiteral("TIME")}).split('\n').first().toLongLong(); }

    std::shared_ptr<RedisDeployment> holder;
    RedisDeployment &server;
    redis::KeySpace keys;
    rules::Scripts scripts;
    redis::Client redis;
    rules::Store store;
};

} // namespace presence::test
