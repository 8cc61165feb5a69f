// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/healthcheck.h"

#include <QElapsedTimer>

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::KeySpace;
using redis::Reply;

/// A line of INFO, such as used_memory_human:1.23M
static QString infoField(const QByteArray &info, const QByteArray &name)
{
    const QByteArray prefix = name + ':';
    for (const QByteArray &line : info.split('\n')) {
        if (line.startsWith(prefix))
            return QString::fromUtf8(line.sliced(prefix.size()).trimmed());
    }
    return {};
}

/// Why Redis does not serve: it is away, or says so.
static Failure refused(const Result<std::vector<Reply>> &replies)
{
    if (!replies)
        return Failure(replies.error());
    return fail(ErrorCode::Unavailable, QString::fromUtf8(replies->front().bytes()));
}

void HealthCheck::check(std::function<void(Report)> done) const
{
    QElapsedTimer timer;
    timer.start();
    m_store.redis.pipeline(KeySpace::kNodes, {{"PING"}},
                           [this, timer, done = std::move(done)](const auto &ping) {
                               const std::chrono::microseconds latency(timer.nsecsElapsed() / 1000);
                               if (!ping || ping->front().isError())
                                   return done(toReport(refused(ping), latency));
                               m_store.redis.pipeline(KeySpace::kNodes,
                                                      {{"INFO", "memory"},
                                                       {"INFO", "clients"},
                                                       {"ZCARD", KeySpace::kVisible},
                                                       {"ZCARD", KeySpace::kChannelIndex}},
                                                      [this, latency, done](const auto &replies) {
                                                          done(toReport(replies, latency));
                                                      });
                           });
}

HealthCheck::Report HealthCheck::toReport(const Result<std::vector<Reply>> &replies,
                                          std::chrono::microseconds latency) const
{
    QJsonObject redis{{"connected"_L1, replies.has_value()}};
    QJsonObject json{{"version"_L1, m_version},
                     {"status"_L1, replies ? "healthy"_L1 : "unhealthy"_L1}};
    if (!replies) {
        redis["error"_L1] = replies.error().detail;
        json["redis"_L1] = redis;
        return {false, json};
    }
    const auto &r = *replies;
    redis["latency_us"_L1] = static_cast<qint64>(latency.count());
    redis["memory_used"_L1] = infoField(r[0].bytes(), "used_memory_human"_ba) + u'B';
    redis["connected_clients"_L1] = infoField(r[1].bytes(), "connected_clients"_ba).toLongLong();
    json["redis"_L1] = redis;
    json["presence"_L1] = QJsonObject{{"online_users"_L1, r[2].toInteger().value_or(0)},
                                      {"active_channels"_L1, r[3].toInteger().value_or(0)}};
    return {true, json};
}

} // namespace presence::rules
