// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/subscriber.h"
#include "tests/support/redisdeployment.h"

#include <QTest>

namespace presence::test {

/// What Redis publishes: on presence:events:… to the nodes, by sharded Pub/Sub; on all else to
/// other services, as one of them hears it.
class PubSubLog : public QObject
{
public:
    /// Blocks until it listens. Channels are named as on a single server.
    PubSubLog(const RedisDeployment &redis, const QByteArrayList &channels)
        : m_link(std::make_unique<redis::FixedLocator>(redis.endpoint()),
                 [this](const redis::Reply &reply) { heard(reply); }),
          m_subscriber(redis.deployment())
    {
        redis::Command command{"SUBSCRIBE"};
        for (const QByteArray &channel : channels) {
            if (!channel.startsWith("presence:events:"))
                command.add(channel);
            else
                m_subscriber.subscribe(redis.named(channel));
        }
        connect(&m_link, &redis::Link::ready, this, [this, command] {
            QByteArray out;
            command.appendTo(out);
            if (command.size() > 1)
                m_link.write(out);
        });
        connect(&m_subscriber, &redis::Subscriber::subscribed, this, [this] { ++m_acknowledged; });
        connect(&m_subscriber, &redis::Subscriber::message, this,
                [this](QByteArray channel, const QByteArray &payload) {
                    messages.append({channel.replace('{', "").replace('}', ""), payload});
                });
        if (!QTest::qWaitFor([&] { return m_acknowledged == channels.size(); }))
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
    void heard(const redis::Reply &reply)
    {
        const auto &parts = reply.elements();
        if (parts.size() != 3)
            return;
        if (parts[0].bytes() == "message")
            messages.append({parts[1].bytes(), parts[2].bytes()});
        else
            ++m_acknowledged;
    }

    qsizetype m_acknowledged = 0;
    redis::Link m_link;
    redis::Subscriber m_subscriber;
};

} // namespace presence::test
