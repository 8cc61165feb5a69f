// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/incidentrecorder.h"

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;
using redis::Reply;

static constexpr auto kWatchInterval = 2000ms;
/// For all nodes to say that they are there, after Redis was away.
static constexpr auto kSettling = 20s;
/// A connection that breaks is there again in a moment, and nobody need know.
static constexpr auto kOutage = 1000ms;
/// Between two nodes that see the same outage.
static constexpr auto kNoticing = 2000ms;

// Fields of the states.
static constexpr char kRedisBack[] = "redis:back"; ///< ms: when it was back from the last outage
static constexpr char kMark[] = "redis:mark"; ///< that was told of

IncidentRecorder::IncidentRecorder(const rules::Store &store, QByteArray nodeName, QObject *parent)
    : QObject(parent), m_store(store), m_nodeName(std::move(nodeName)), m_incidents(store),
      m_search(store, m_incidents)
{
    connect(&m_timer, &QTimer::timeout, this, &IncidentRecorder::tick);
    connect(&store.redis, &redis::Client::lost, this, &IncidentRecorder::lost);
    connect(&store.redis, &redis::Client::ready, this, &IncidentRecorder::ready);
}

void IncidentRecorder::start()
{
    m_timer.start(kWatchInterval);
}

std::optional<Milliseconds> untoldOutage(Milliseconds since, Milliseconds back,
                                         Milliseconds lastBack)
{
    if (back <= lastBack + kNoticing)
        return std::nullopt;
    return std::max(since, lastBack);
}

/// In a cluster this goes on while another master is away.
void IncidentRecorder::tick()
{
    // While its master is away no node can say that it is there.
    if (!m_store.redis.isReadyFor(KeySpace::kNodes))
        m_settled.setRemainingTime(kSettling);
    if (!m_store.redis.isReadyFor(KeySpace::kIncidentWatcher))
        return;
    // Not while it is away again, or in part.
    if (m_away > 0ms && m_store.redis.isReady())
        tellOutage();
    m_store.redis.command(KeySpace::kEpoch, {"GET", KeySpace::kEpoch},
                          [this](const Result<Reply> &mark) {
                              if (mark && !mark->isError())
                                  takeMark(mark->bytes());
                          });
    // A little less than the interval: the node that did it last may do it again.
    const QByteArray held = rules::number((kWatchInterval - 200ms).count());
    m_store.redis.command(KeySpace::kIncidentWatcher,
                          {"SET", KeySpace::kIncidentWatcher, m_nodeName, "NX", "PX", held},
                          [this](const Result<Reply> &reply) {
                              if (reply && reply->bytes() == "OK")
                                  look();
                          });
}

/// The states first: who stops says so in them before it leaves the registry.
void IncidentRecorder::look()
{
    m_incidents.readStates([this](const Result<Incidents::Told> &told) {
        if (!told)
            return;
        rules::readNodes(m_store, [this, told = *told](const Result<std::vector<NodeRow>> &nodes) {
            if (!nodes)
                return;
            const bool isSettled = m_settled.hasExpired();
            for (const NodeChange &change : nodeChanges(told, *nodes, isSettled))
                tellNode(change);
            if (isSettled)
                m_incidents.tell(looked(told), {}, [](const auto &) {});
        });
    });
}

void IncidentRecorder::tellNode(const NodeChange &change)
{
    std::vector<IncidentRow> incidents;
    if (change.incident)
        incidents.push_back(*change.incident);
    m_incidents.tell(change.change, incidents, [this, change](const auto &ids) {
        if (!ids || !*ids || !change.incident
            || change.incident->kind != IncidentKind::NodeUnreachable)
            return;
        IncidentRow told = *change.incident;
        told.id = (*ids)->value(0);
        m_search.search(told);
    });
}

void IncidentRecorder::drain()
{
    tellOwn(IncidentKind::NodeDraining, [] {});
}

void IncidentRecorder::stop(std::function<void()> done)
{
    m_timer.stop();
    tellOwn(IncidentKind::NodeStopped, done);
}

void IncidentRecorder::tellOwn(IncidentKind kind, const std::function<void()> &done)
{
    if (!m_store.redis.isReadyFor(KeySpace::kIncidents))
        return done();
    m_incidents.readStates([this, kind, done](const Result<Incidents::Told> &told) {
        const auto change = told ? ownChange(*told, m_nodeName, kind) : std::nullopt;
        if (!change)
            return done();
        m_incidents.tell(change->change, {*change->incident},
                         [this, kind, done](const Result<std::optional<QByteArrayList>> &ids) {
                             // Somebody saw it drain meanwhile.
                             if (ids && !*ids)
                                 return tellOwn(kind, done);
                             done();
                         });
    });
}

void IncidentRecorder::lost()
{
    if (!m_store.redis.isReadyFor(KeySpace::kNodes))
        m_settled.setRemainingTime(kSettling);
    // What is not told of an outage yet is of one with this.
    if (!m_sinceLoss.isValid())
        m_sinceLoss.start();
}

void IncidentRecorder::ready()
{
    if (!m_sinceLoss.isValid())
        return;
    m_away = std::chrono::milliseconds(m_sinceLoss.elapsed());
    if (m_away < kOutage) {
        m_away = 0ms;
        m_sinceLoss.invalidate();
        return;
    }
    tellOutage();
}

/// The same for all nodes: one that is over when the last that was told was is that one.
void IncidentRecorder::tellOutage()
{
    m_incidents.readStates([this](const Result<Incidents::Told> &told) {
        if (!told || !m_sinceLoss.isValid())
            return;
        const Milliseconds lost = told->now - std::chrono::milliseconds(m_sinceLoss.elapsed());
        const Milliseconds back = std::min(lost + m_away, told->now);
        const QByteArray last = told->states.value(kRedisBack, "");
        const Milliseconds lastBack(std::chrono::milliseconds(last.toLongLong()));
        const auto since = untoldOutage(lost, back, lastBack);
        if (!since) {
            m_sinceLoss.invalidate();
            m_away = 0ms;
            return;
        }
        const Incidents::Change change{kRedisBack, last,
                                       rules::number(back.time_since_epoch().count())};
        const std::vector<IncidentRow> incidents{
            {.time = *since, .kind = IncidentKind::RedisLost, .node = m_nodeName},
            {.time = back,
             .kind = IncidentKind::RedisBack,
             .node = m_nodeName,
             .duration = back - *since}};
        // If another node was first it is looked at again, in a moment.
        m_incidents.tell(change, incidents, [this](const auto &ids) {
            if (!ids || !*ids)
                return;
            m_sinceLoss.invalidate();
            m_away = 0ms;
        });
    });
}

void IncidentRecorder::takeMark(const QByteArray &mark)
{
    if (mark.isEmpty())
        return; // A shard sets it in a moment.
    const QByteArray before = std::exchange(m_mark, mark);
    if (!before.isEmpty() && before != mark)
        tellEmptied();
}

void IncidentRecorder::tellEmptied()
{
    m_incidents.readStates([this](const Result<Incidents::Told> &told) {
        const QByteArray was = told ? told->states.value(kMark, "") : QByteArray();
        if (!told || was == m_mark)
            return;
        m_incidents.tell({kMark, was, m_mark},
                         {{.kind = IncidentKind::RedisEmptied, .node = m_nodeName}},
                         [](const auto &) {});
    });
}

} // namespace presence::admin
