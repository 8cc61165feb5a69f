// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/sentinellocator.h"

#include <QRandomGenerator>

#include <algorithm>

namespace presence::redis {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// For one sentinel to answer: the next one may know.
static constexpr auto kPatience = 500ms;
/// Between two questions while there is a master; up to half as long again.
static constexpr auto kInterval = 3s;

SentinelLocator::SentinelLocator(const Deployment &deployment)
    : m_deployment(deployment), m_sentinels(deployment.nodes)
{
    m_deployment.server.mustBeMaster = true;
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, [this] {
        m_tried = 0;
        m_someAnswered = false;
        ask();
    });
}

void SentinelLocator::locate(Callback<Endpoint> found)
{
    m_again.stop();
    m_found = std::move(found);
    m_tried = 0;
    m_someAnswered = false;
    ask();
}

void SentinelLocator::ask()
{
    if (m_tried == m_sentinels.size()) {
        m_query.reset();
        m_again.start(kInterval);
        if (const auto found = std::exchange(m_found, nullptr))
            found(fail(ErrorCode::Unavailable,
                       m_someAnswered ? u"the sentinels know no master named "_s
                               + QString::fromUtf8(m_deployment.masterName)
                                      : u"no sentinel can be reached"_s));
        return;
    }
    m_query = std::make_unique<Query>(
        at(m_deployment.sentinel, m_sentinels[m_tried]),
        Command{"SENTINEL"_ba, "GET-MASTER-ADDR-BY-NAME"_ba, m_deployment.masterName}, kPatience,
        [this](const Result<Reply> &reply) { answered(reply); });
}

void SentinelLocator::answered(const Result<Reply> &reply)
{
    const bool isThere = reply && !reply->isError();
    m_someAnswered = m_someAnswered || isThere;
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
        QRandomGenerator::global()->bounded(qint64((kInterval / 2) / 1ms)));
    m_again.start(kInterval + longer);
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
    m_more
        = std::make_unique<Query>(at(m_deployment.sentinel, m_sentinels.front()),
                                  Command{"SENTINEL"_ba, "SENTINELS"_ba, m_deployment.masterName},
                                  kPatience, [this](const Result<Reply> &reply) {
                                      if (reply)
                                          learn(*reply);
                                      m_more.reset();
                                  });
}

void SentinelLocator::learn(const Reply &sentinels)
{
    constexpr size_t kMost = 32;
    for (const Reply &sentinel : sentinels.elements()) {
        const auto fields = sentinel.toHash();
        const Address address{QString::fromUtf8(fields.value("ip"_ba)),
                              static_cast<quint16>(fields.value("port"_ba).toUInt())};
        const bool isNew = std::ranges::find(m_sentinels, address) == m_sentinels.end();
        if (isNew && !address.host.isEmpty() && address.port != 0 && m_sentinels.size() < kMost)
            m_sentinels.push_back(address);
    }
}

std::unique_ptr<Locator> makeLocator(const Deployment &deployment)
{
    if (deployment.kind == Deployment::Kind::Sentinel)
        return std::make_unique<SentinelLocator>(deployment);
    return std::make_unique<FixedLocator>(deployment.server);
}

} // namespace presence::redis
