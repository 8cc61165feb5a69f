// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/healthcheck.h"

#include <QElapsedTimer>
#include <QJsonArray>

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
static Failure refused(const Result<Reply> &reply)
{
    if (!reply)
        return Failure(reply.error());
    return fail(ErrorCode::Unavailable, QString::fromUtf8(reply->bytes()));
}

void HealthCheck::check(std::function<void(Report)> done) const
{
    m_waiting.push_back(std::move(done));
    if (m_waiting.size() == 1)
        ask();
}

void HealthCheck::answer(const Report &report) const
{
    for (const auto &done : std::exchange(m_waiting, {}))
        done(report);
}

void HealthCheck::ask() const
{
    QElapsedTimer timer;
    timer.start();
    const QByteArray route = m_store.redis.routeNear(KeySpace::kNodes);
    m_store.redis.command(route, {"PING"}, [this, route, timer](const Result<Reply> &ping) {
        const std::chrono::microseconds latency(timer.nsecsElapsed() / 1000);
        if (!ping || ping->isError())
            return answer(toReport(refused(ping), latency));
        m_store.redis.gather(
            route,
            {{"INFO", "memory"},
             {"INFO", "clients"},
             {"INFO", "replication"},
             {"ZCARD", KeySpace::kVisible},
             {"ZCARD", KeySpace::kDueChannels}},
            [this, latency](const auto &replies) { answer(toReport(replies, latency)); });
    });
}

/// Adds which deployment it is and what is seen of it.
void HealthCheck::describe(QJsonObject &redis, const QByteArray &replication) const
{
    const redis::SlotMap *map = m_store.redis.slotMap();
    if (!map) {
        redis["role"_L1] = infoField(replication, "role"_ba);
        redis["replicas"_L1] = infoField(replication, "connected_slaves"_ba).toInt();
        return;
    }
    QJsonArray masters;
    for (const redis::Address &master : map->masters())
        masters.append(master.toString());
    redis["masters"_L1] = masters;
    redis["replicas"_L1] = static_cast<qint64>(map->replicas().size());
    redis["slots_covered"_L1] = map->covered();
}

static QLatin1StringView nameOf(RedisState::Status status)
{
    switch (status) {
    case RedisState::Status::Healthy:
        return "healthy"_L1;
    case RedisState::Status::Degraded:
        return "degraded"_L1;
    case RedisState::Status::Unhealthy:
        break;
    }
    return "unhealthy"_L1;
}

HealthCheck::Report HealthCheck::toReport(const Result<std::vector<Reply>> &replies,
                                          std::chrono::microseconds latency) const
{
    const RedisState::View state = m_state.view();
    QJsonObject redis{{"connected"_L1, replies.has_value()},
                      {"deployment"_L1, m_store.redis.deployment().kindName()}};
    QJsonObject json{{"version"_L1, m_version}, {"status"_L1, nameOf(state.status())}};
    if (const QString error = state.error(); !error.isEmpty())
        redis["error"_L1] = error;
    QJsonObject refusing;
    for (const RedisState::Master &master : state.masters) {
        if (!master.error.isEmpty())
            refusing[master.address] = master.error;
    }
    if (!refusing.isEmpty())
        redis["refusing"_L1] = refusing;
    if (replies) {
        const auto &r = *replies;
        redis["latency_us"_L1] = static_cast<qint64>(latency.count());
        redis["memory_used"_L1] = infoField(r[0].bytes(), "used_memory_human"_ba) + u'B';
        redis["connected_clients"_L1]
            = infoField(r[1].bytes(), "connected_clients"_ba).toLongLong();
        describe(redis, r[2].bytes());
        json["presence"_L1] = QJsonObject{{"online_users"_L1, r[3].toInteger().value_or(0)},
                                          {"active_channels"_L1, r[4].toInteger().value_or(0)}};
    }
    json["redis"_L1] = redis;
    return {state.isReady(), json};
}

} // namespace presence::rules
