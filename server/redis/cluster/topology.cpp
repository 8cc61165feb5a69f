// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/cluster/topology.h"

#include "shared/core/logging.h"

#include <algorithm>
#include <random>

namespace presence::redis {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// For one node to answer: another one may know as well.
static constexpr auto kMapPatience = 1s;
/// Between two rounds, when somebody asks for them.
static constexpr auto kShortestMapPause = 100ms;
static constexpr auto kLongestMapPause = 2s;
/// Who is sent nowhere and loses nobody does not learn what changes; up to half as long again.
static constexpr auto kMapInterval = 10s;
/// The same while a master cannot be reached.
static constexpr auto kDegradedInterval = 1s;

Topology::Topology(const Deployment &deployment)
    : m_deployment(deployment), m_backoff(kShortestMapPause, kLongestMapPause)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Topology::begin);
    begin();
}

void Topology::refresh()
{
    m_isWanted = true;
    if (!m_query && (!m_timer.isActive() || m_timer.remainingTimeAsDuration() > kShortestMapPause))
        m_timer.start(kShortestMapPause);
}

void Topology::setDegraded(bool isDegraded)
{
    m_isDegraded = isDegraded;
    if (isDegraded && m_timer.isActive() && m_timer.remainingTimeAsDuration() > kDegradedInterval)
        m_timer.start(kDegradedInterval);
}

void Topology::begin()
{
    m_isWanted = false;
    m_candidates = m_deployment.nodes;
    std::vector<Address> known = m_map.masters();
    known.insert(known.end(), m_map.replicas().begin(), m_map.replicas().end());
    std::ranges::shuffle(known, *QRandomGenerator::global());
    m_candidates.insert(m_candidates.end(), known.begin(), known.end());
    ask();
}

void Topology::ask()
{
    m_query.reset();
    if (m_candidates.empty()) {
        if (!std::exchange(m_hasWarned, true))
            qCWarning(lcRedis).noquote()
                << "no node of the cluster says where its slots are:" << m_lastFailure;
        m_timer.start(m_backoff.next());
        return;
    }
    const Address node = m_candidates.back();
    m_candidates.pop_back();
    m_query = std::make_unique<Query>(
        at(m_deployment.server, node), Command{"CLUSTER"_ba, "SLOTS"_ba}, kMapPatience,
        [this, node](const Result<Reply> &reply) { answered(node, reply); });
}

void Topology::answered(const Address &asked, const Result<Reply> &reply)
{
    auto map = reply ? SlotMap::from(*reply, asked) : Result<SlotMap>(Failure(reply.error()));
    if (map)
        warnOfNameless(*map);
    // A node that was forgotten (CLUSTER FORGET), or never met, knows no slot.
    if (!map || map->covered() == 0) {
        m_lastFailure
            = asked.toString() + u": "_s + (map ? u"it knows no slot"_s : map.error().detail);
        return ask();
    }
    m_query.reset();
    m_backoff.reset();
    m_hasWarned = false;
    scheduleNext();
    if (*map == m_map)
        return;
    m_map = *std::move(map);
    Q_EMIT changed();
}

/// As often as there are others.
void Topology::warnOfNameless(const SlotMap &map)
{
    if (map.nameless() == std::exchange(m_nameless, map.nameless()) || m_nameless.isEmpty())
        return;
    qCWarning(lcRedis).noquote()
        << "The cluster does not say where some of its nodes are, so they are not used: "
           "cluster-preferred-endpoint-type is hostname, and cluster-announce-hostname is missing "
           "at"
        << m_nameless.join(u", "_s);
}

void Topology::scheduleNext()
{
    const std::chrono::milliseconds interval = m_isDegraded ? kDegradedInterval : kMapInterval;
    const std::chrono::milliseconds longer(
        QRandomGenerator::global()->bounded(qint64((interval / 2) / 1ms)));
    m_timer.start(m_isWanted ? std::chrono::milliseconds(kShortestMapPause) : interval + longer);
}

} // namespace presence::redis
