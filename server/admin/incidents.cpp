// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/incidents.h"

#include "server/redis/replies.h"
#include "shared/protocol/incidentjson.h"
#include "shared/protocol/json.h"

#include <algorithm>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

/// As the README of server/redis has it.
static constexpr int kMostIncidents = 2000;
static constexpr std::chrono::milliseconds kIncidentsKept = 24h;

static const QByteArray &keyOf(Incidents::Of of)
{
    return of == Incidents::Of::Operators ? KeySpace::kOperatorIncidents : KeySpace::kIncidents;
}

void Incidents::write(std::vector<QByteArray> keys, const Change &change,
                      const std::vector<IncidentRow> &incidents, Callback<Reply> done) const
{
    std::vector<QByteArray> arguments{change.field, change.from, change.to,
                                      rules::number(kMostIncidents),
                                      rules::number(kIncidentsKept.count())};
    for (IncidentRow incident : incidents) {
        const qint64 time = incident.time.time_since_epoch().count();
        arguments.push_back(time == 0 ? QByteArray("") : rules::number(time));
        arguments.push_back(incident.id.isNull() ? QByteArray("") : incident.id);
        incident.id.clear();
        incident.time = {};
        arguments.push_back(protocol::toBytes(protocol::toJson(incident)));
    }
    m_store.redis.eval(
        m_store.scripts.nodeIncident, std::move(keys), std::move(arguments),
        [done = std::move(done)](Result<Reply> reply) { done(rules::accepted(std::move(reply))); });
}

void Incidents::add(const IncidentRow &incident) const
{
    const Of of = incident.kind == IncidentRow::Kind::Operator ? Of::Operators : Of::Cluster;
    write({keyOf(of)}, {"", "", ""}, {incident}, [](const auto &) {});
}

void Incidents::tell(const Change &change, const std::vector<IncidentRow> &incidents,
                     Callback<std::optional<QByteArrayList>> done) const
{
    write({KeySpace::kIncidents, KeySpace::kIncidentStates}, change, incidents,
          [done = std::move(done)](const Result<Reply> &reply) {
              if (!reply)
                  return done(Failure(reply.error()));
              if (!reply->isArray())
                  return done(std::optional<QByteArrayList>());
              QByteArrayList ids;
              for (const Reply &id : reply->elements())
                  ids.append(id.bytes());
              done(std::optional(ids));
          });
}

void Incidents::readStates(Callback<Told> done) const
{
    m_store.redis.pipeline(
        KeySpace::kIncidents, {{"TIME"}, {"HGETALL", KeySpace::kIncidentStates}},
        [done = std::move(done)](const auto &replies) {
            if (!replies)
                return done(Failure(replies.error()));
            const auto now = redis::readTime((*replies)[0]);
            if (!now || (*replies)[1].isError())
                return done(fail(ErrorCode::Unavailable, QStringLiteral("Redis is unreachable")));
            done(Told{std::chrono::floor<std::chrono::milliseconds>(*now), (*replies)[1].toHash()});
        });
}

/// `{"id":…,"time":…}` before what is in the entry; nothing for what is none. Both streams may have
/// the same ids.
static QByteArray toIncident(Incidents::Of stream, const Reply &entry)
{
    if (entry.elements().size() != 2)
        return {};
    const auto fields = entry.elements()[1].toHash();
    const QByteArray json = fields.value("incident");
    if (!json.startsWith("{\""))
        return {};
    const QByteArray of = fields.value("of");
    const QByteArray id = of.isEmpty() ? entry.elements()[0].bytes() : of;
    return "{\"id\":" + protocol::quoted(stream == Incidents::Of::Operators ? "operator:" + id : id)
        + ",\"time\":" + rules::number(fields.value("time").toLongLong()) + ',' + json.sliced(1);
}

/// When it was written: what its id begins with.
static qint64 writtenAt(const Reply &entry)
{
    const QByteArray id = entry.elements()[0].bytes();
    return id.first(std::max(id.indexOf('-'), qsizetype(0))).toLongLong();
}

void Incidents::read(Of of, const QByteArray &last, Callback<Read> done) const
{
    const QByteArray &key = keyOf(of);
    const QByteArray count = rules::number(kNewestIncidents);
    const bool isFirst = last.isEmpty();
    redis::Command command = isFirst
        ? redis::Command{"XREVRANGE", key, "+", "-", "COUNT", count}
        : redis::Command{"XRANGE", key, '(' + last, "+", "COUNT", count};
    m_store.redis.command(
        key, std::move(command), [of, isFirst, last, done = std::move(done)](Result<Reply> reply) {
            done(rules::accepted(std::move(reply)).map([&](Reply list) {
                std::vector<Reply> &entries = list.elements();
                if (isFirst)
                    std::ranges::reverse(entries);
                Read read{.last = last, .entries = {}};
                for (const Reply &entry : entries) {
                    if (const QByteArray incident = toIncident(of, entry); !incident.isEmpty())
                        read.entries.push_back({writtenAt(entry), incident});
                }
                if (!entries.empty() && !entries.back().elements().empty())
                    read.last = entries.back().elements()[0].bytes();
                return read;
            }));
        });
}

} // namespace presence::admin
