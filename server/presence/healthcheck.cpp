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
static Failure refused(const Result<std::vector<Reply>> &replies)
{
    if (!replies)
        return Failure(replies.error());
    return fail(ErrorCode::Unavailable, QString::fromUtf8(replies->front().bytes()));
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
    m_store.redis.pipeline(KeySpace::kNodes, {{"PING"}}, [this, timer](const auto &ping) {
        const std::chrono::microseconds latency(timer.nsecsElapsed() / 1000);
        if (!ping || ping->front().isError())
            return answer(toReport(refused(ping), latency));
        m_store.redis.pipeline(
            KeySpace::kNodes,
            {{"INFO", "memory"},
             {"INFO", "clients"},
             {"INFO", "replication"},
             {"ZCARD", KeySpace::kVisible},
             {"ZCARD", KeySpace::kDueChannels},
             {"SET", KeySpace::kProbe, "", "EX", "60"},
             {"SPUBLISH", KeySpace::kProbe, ""}},
            [this, latency](const auto &replies) { answer(toReport(replies, latency)); });
    });
}

/// Adds which deployment it is and what is seen of it; returns why it cannot be written to, or "".
QString HealthCheck::describe(QJsonObject &redis, const QByteArray &replication) const
{
    const redis::SlotMap *map = m_store.redis.slotMap();
    if (!map) {
        const QString role = infoField(replication, "role"_ba);
        redis["role"_L1] = role;
        redis["replicas"_L1] = infoField(replication, "connected_slaves"_ba).toInt();
        return role == "slave"_L1 ? u"it is a replica"_s : QString();
    }
    QJsonArray masters;
    for (const redis::Address &master : map->masters())
        masters.append(master.toString());
    redis["masters"_L1] = masters;
    redis["replicas"_L1] = static_cast<qint64>(map->replicas().size());
    redis["slots_covered"_L1] = map->covered();
    if (map->covered() < redis::kSlots)
        return u"some slots are served by nobody"_s;
    return m_store.redis.isReady() ? QString() : u"a master cannot be reached"_s;
}

HealthCheck::Report HealthCheck::toReport(const Result<std::vector<Reply>> &replies,
                                          std::chrono::microseconds latency) const
{
    QJsonObject redis{{"connected"_L1, replies.has_value()},
                      {"deployment"_L1, m_store.redis.deployment().kindName()}};
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
    QString fault = describe(redis, r[2].bytes());
    if (fault.isEmpty())
        fault = m_connections();
    for (const Reply &reply : r) {
        if (fault.isEmpty() && reply.isError())
            fault = QString::fromUtf8(reply.bytes());
    }
    if (!fault.isEmpty()) {
        redis["error"_L1] = fault;
        json["status"_L1] = "unhealthy"_L1;
    }
    json["redis"_L1] = redis;
    json["presence"_L1] = QJsonObject{{"online_users"_L1, r[3].toInteger().value_or(0)},
                                      {"active_channels"_L1, r[4].toInteger().value_or(0)}};
    return {fault.isEmpty(), json};
}

} // namespace presence::rules
