// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/eventbus.h"
#include "server/presence/channelpresence.h"
#include "server/presence/heartbeatscheduler.h"
#include "server/presence/presencetracker.h"
#include "server/presence/sweeper.h"
#include "server/presence/typingtracker.h"
#include "tests/support/redisserver.h"

#include <QTest>

#include <optional>

namespace presence::test {

/// A real Redis, and the rules on it.
struct StoreFixture
{
    explicit StoreFixture(rules::PresenceConfig config = {})
        : redis(startedEndpoint(), 1), store{redis, keys, scripts, config}
    {
    }

    redis::Endpoint startedEndpoint()
    {
        if (!server.start())
            qFatal("redis-server does not start");
        return redis::Endpoint::parse(server.url()).value();
    }

    /// Waits for what an asynchronous call ends with.
    template <typename T, typename Call>
    Result<T> wait(Call call)
    {
        std::optional<Result<T>> result;
        call([&result](Result<T> value) { result = std::move(value); });
        if (!QTest::qWaitFor([&result] { return result.has_value(); }, 5000))
            return fail(ErrorCode::Timeout, QStringLiteral("no answer"));
        return *std::move(result);
    }

    QByteArray cli(const QStringList &arguments) const { return server.cli(arguments); }
    /// Redis' clock, s since the epoch.
    qint64 now() const { return cli({QStringLiteral("TIME")}).split('\n').first().toLongLong(); }

    RedisServer server;
    redis::KeySpace keys;
    rules::Scripts scripts;
    redis::Client redis;
    rules::Store store;
};

/// What Redis publishes, as another service that subscribes sees it.
class PubSubLog : public QObject
{
public:
    PubSubLog(const redis::Endpoint &endpoint, const QByteArrayList &channels)
        : m_subscriber(endpoint)
    {
        int acknowledged = 0;
        connect(&m_subscriber, &redis::Subscriber::subscribed, this, [&] { ++acknowledged; });
        connect(&m_subscriber, &redis::Subscriber::message, this,
                [this](const QByteArray &channel, const QByteArray &payload) {
                    messages.append({channel, payload});
                });
        for (const QByteArray &channel : channels)
            m_subscriber.subscribe(channel);
        if (!QTest::qWaitFor([&] { return acknowledged == channels.size(); }))
            qFatal("no subscription");
    }

    QByteArrayList on(const QByteArray &channel) const
    {
        QByteArrayList payloads;
        for (const auto &[name, payload] : messages) {
            if (name == channel)
                payloads.append(payload);
        }
        return payloads;
    }

    QList<std::pair<QByteArray, QByteArray>> messages;

private:
    redis::Subscriber m_subscriber;
};

} // namespace presence::test
