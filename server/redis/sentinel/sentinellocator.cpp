// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/sentinel/sentinellocator.h"

#include <QRandomGenerator>

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// For one sentinel to answer: the next one may know.
static constexpr auto kSentinelPatience = 500ms;
/// Between two questions for other sentinels.
static constexpr auto kMoreInterval = 10s;
/// Between two questions while there is a master; up to half as long again.
static constexpr auto kSentinelInterval = 3s;

SentinelLocator::SentinelLocator(const Deployment &deployment)
    : m_deployment(deployment), m_sentinels(deployment.nodes)
{
    m_deployment.server.mustBeMaster = true;
    m_deployment.sentinel.isSentinel = true;
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &SentinelLocator::beginRound);
}

QString SentinelLocator::description() const
{
    return m_deployment.toString();
}

void SentinelLocator::locate(Callback<Endpoint> found)
{
    m_again.stop();
    m_found = std::move(found);
    beginRound();
}

void SentinelLocator::beginRound()
{
    m_tried = 0;
    m_someAnswered = false;
    m_lastFailure.clear();
    ask();
}

void SentinelLocator::ask()
{
    if (m_tried >= m_sentinels.size()) {
        m_query.reset();
        m_again.start(kSentinelInterval);
        if (const auto found = std::exchange(m_found, nullptr))
            found(fail(ErrorCode::Unavailable,
                       m_someAnswered ? u"the sentinels know no master named "_s
                               + QString::fromUtf8(m_deployment.masterName)
                                      : u"no sentinel can be reached: "_s + m_lastFailure));
        return;
    }
    m_query = std::make_unique<Query>(
        at(m_deployment.sentinel, m_sentinels[m_tried]),
        Command{"SENTINEL"_ba, "GET-MASTER-ADDR-BY-NAME"_ba, m_deployment.masterName},
        kSentinelPatience, [this](const Result<Reply> &reply) { answered(reply); });
}

void SentinelLocator::answered(const Result<Reply> &reply)
{
    const bool isThere = reply && !reply->isError();
    m_someAnswered = m_someAnswered || isThere;
    if (!isThere)
        m_lastFailure = m_sentinels[m_tried].toString() + u": "_s
            + (reply ? QString::fromUtf8(reply->bytes()) : reply.error().detail);
    const auto &place = isThere ? reply->elements() : std::vector<Reply>();
    const qint64 port = place.size() == 2 ? place[1].toInteger().value_or(0) : 0;
    if (port < 1 || port > 0xFFFF || place[0].bytes().isEmpty()) {
        ++m_tried;
        return ask();
    }
    // Whoever knew it is asked first from now on.
    std::rotate(m_sentinels.begin(), m_sentinels.begin() + static_cast<qsizetype>(m_tried),
                m_sentinels.begin() + static_cast<qsizetype>(m_tried) + 1);
    found({QString::fromUtf8(place[0].bytes()), static_cast<quint16>(port)});
}

void SentinelLocator::found(const Address &master)
{
    m_query.reset();
    const std::chrono::milliseconds longer(
        QRandomGenerator::global()->bounded(qint64((kSentinelInterval / 2) / 1ms)));
    m_again.start(kSentinelInterval + longer);
    if (m_found)
        askForMore();
    const bool hasMoved = m_master && *m_master != master;
    m_master = master;
    if (const auto found = std::exchange(m_found, nullptr))
        found(at(m_deployment.server, master));
    else if (hasMoved)
        Q_EMIT moved();
}

/// Those that were configured may all be replaced while the daemon runs.
void SentinelLocator::askForMore()
{
    if (!m_moreIsKnown.hasExpired())
        return;
    m_moreIsKnown.setRemainingTime(kMoreInterval);
    m_more
        = std::make_unique<Query>(at(m_deployment.sentinel, m_sentinels.front()),
                                  Command{"SENTINEL"_ba, "SENTINELS"_ba, m_deployment.masterName},
                                  kSentinelPatience, [this](const Result<Reply> &reply) {
                                      // Not while their list is gone through.
                                      if (reply && !m_query)
                                          learn(*reply);
                                      m_more.reset();
                                  });
}

/// What was learned before and is known no more is forgotten.
void SentinelLocator::learn(const Reply &sentinels)
{
    constexpr size_t kMost = 32;
    std::vector<Address> all{m_sentinels.front()};
    const auto add = [&all](const Address &address) {
        const bool isNew = std::ranges::find(all, address) == all.end();
        if (isNew && !address.host.isEmpty() && address.port != 0 && all.size() < kMost)
            all.push_back(address);
    };
    std::ranges::for_each(m_deployment.nodes, add);
    for (const Reply &sentinel : sentinels.elements()) {
        const auto fields = sentinel.toHash();
        add({QString::fromUtf8(fields.value("ip"_ba)),
             static_cast<quint16>(fields.value("port"_ba).toUInt())});
    }
    m_sentinels = std::move(all);
}

std::unique_ptr<Locator> makeLocator(const Deployment &deployment)
{
    if (deployment.kind == Deployment::Kind::Sentinel)
        return std::make_unique<SentinelLocator>(deployment);
    return std::make_unique<FixedLocator>(deployment.server);
}

} // namespace presence::redis
