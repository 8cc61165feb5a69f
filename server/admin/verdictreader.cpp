// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/verdictreader.h"

#include "server/redis/replies.h"

#include <algorithm>
#include <map>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::KeySpace;

/// A little less than the interval in which dashboards are told.
static constexpr auto kFresh = 900ms;
/// One slow answer says little: Redis is slow when all within this time were.
static constexpr auto kLatencies = 5s;

static Seconds ownTime()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

VerdictReader::VerdictReader(Sources sources) : m_from(std::move(sources)), m_reader(m_from.store)
{
    // Whether somebody asks meanwhile or not.
    const auto &redis = m_from.store.redis;
    QObject::connect(&redis, &redis::Client::lost, &m_context, [this] {
        if (!m_awaySince)
            m_awaySince = ownTime();
    });
    QObject::connect(&redis, &redis::Client::ready, &m_context, [this] { m_awaySince.reset(); });
}

bool VerdictReader::isAway() const
{
    const auto state = m_from.redisState ? m_from.redisState->view() : rules::RedisState::View();
    if (state.masters.size() < 2 && !m_from.store.redis.isReady())
        return true;
    return !state.masters.empty() && state.status() == rules::RedisState::Status::Unhealthy;
}

Signs VerdictReader::signs(Overview overview, Seconds now) const
{
    Signs signs{.now = now, .node = m_from.node, .overview = std::move(overview)};
    if (m_from.redisState)
        signs.redis = m_from.redisState->view();
    if (const auto *losses = m_from.store.losses; losses && losses->lostAt())
        signs.lostAt = std::chrono::floor<std::chrono::seconds>(*losses->lostAt());
    if (m_from.certificateEnds)
        signs.certificateEnds = Seconds(std::chrono::seconds(m_from.certificateEnds()));
    if (m_from.archive) {
        const archive::ArchiveState state = m_from.archive->state();
        signs.overview.archive
            = ArchiveFigures{.isAvailable = state.isAvailable,
                             .waiting = state.lag.entries,
                             .lag = std::chrono::ceil<std::chrono::seconds>(state.lag.age)};
    }
    return signs;
}

/// What can be said without Redis.
Overview VerdictReader::away()
{
    Signs known = signs({}, ownTime());
    if (!m_awaySince)
        m_awaySince = known.now;
    known.awaySince = m_awaySince;
    known.overview.verdict = judge(known);
    return known.overview;
}

void VerdictReader::read(std::function<void(const Overview &)> done)
{
    if (isAway())
        return done(away());
    if (!m_isFresh.hasExpired())
        return done(m_last);
    m_waiting.push_back(std::move(done));
    if (m_waiting.size() == 1)
        readFigures();
}

void VerdictReader::readFigures()
{
    m_reader.read(m_last, [this](const Overview &overview) {
        const auto now = std::chrono::floor<std::chrono::seconds>(overview.figures.time);
        Signs known = signs(overview, overview.redis.isReachable ? now : ownTime());
        known.redisLatency = leastLatency(overview.figures.redisLatency);
        if (overview.redis.isReachable)
            return readUsers(std::move(known));
        if (!m_awaySince)
            m_awaySince = known.now;
        known.awaySince = m_awaySince;
        answer(std::move(known));
    });
}

/// Of the last readings.
std::chrono::microseconds VerdictReader::leastLatency(std::chrono::microseconds latency)
{
    while (!m_latencies.empty() && m_latencies.front().counts.hasExpired())
        m_latencies.pop_front();
    m_latencies.push_back({QDeadlineTimer(kLatencies), latency});
    return std::ranges::min_element(m_latencies, {}, &Latency::latency)->latency;
}

/// Two counts, each found by its order, whatever there is to count.
void VerdictReader::readUsers(Signs known)
{
    m_awaySince.reset();
    const QByteArray now = rules::number(known.now.time_since_epoch());
    const QByteArray overdue = rules::number((known.now - Thresholds::kOverdue).time_since_epoch());
    m_from.store.redis.gather(KeySpace::kDueUsers,
                              {{"ZCOUNT", KeySpace::kDueUsers, "-inf", overdue},
                               {"ZCOUNT", KeySpace::kFlapping, now, "+inf"}},
                              [this, known = std::move(known)](const auto &counts) mutable {
                                  // Within this time after Redis came back nodes say who is still
                                  // there.
                                  const auto settled = known.redis.since.value_or(Seconds())
                                      + m_from.store.config.collectingTime() + Thresholds::kOverdue;
                                  if (!known.lostAt && known.now >= settled)
                                      known.overdue = counts[0].toInteger().value_or(0);
                                  known.flapping = counts[1].toInteger().value_or(0);
                                  answer(std::move(known));
                              });
}

void VerdictReader::answer(Signs known)
{
    known.overview.verdict = judge(known);
    m_last = std::move(known.overview);
    m_isFresh.setRemainingTime(kFresh);
    for (const auto &done : std::exchange(m_waiting, {}))
        done(m_last);
}

void VerdictReader::measure(metrics::Metrics &metrics, std::function<void()> done)
{
    read([&metrics, done = std::move(done)](const Overview &overview) {
        std::map<std::pair<std::string, std::string>, double> counts;
        for (const Finding &finding : overview.verdict->findings)
            ++counts[{finding.kind.toStdString(), nameOf(finding.level).toStdString()}];
        std::vector<metrics::Metrics::Findings> findings;
        for (const auto &[name, count] : counts)
            findings.push_back({name.first, name.second, count});
        metrics.setFindings(findings);
        done();
    });
}

} // namespace presence::admin
