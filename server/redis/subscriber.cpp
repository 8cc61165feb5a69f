// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/subscriber.h"

#include "shared/core/logging.h"

#include <algorithm>

namespace presence::redis {

using namespace std::chrono_literals;

/// Before a channel that was refused is tried again: long enough for the map to be asked for.
static constexpr auto kShortestResubscribePause = 150ms;
static constexpr auto kLongestResubscribePause = 2s;

Subscriber::Subscriber(const Deployment &deployment, Kind kind)
    : m_deployment(deployment.ofMaster()), m_kind(kind),
      m_backoff(kShortestResubscribePause, kLongestResubscribePause)
{
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &Subscriber::tryAgain);
    if (deployment.kind != Deployment::Kind::Cluster) {
        add({}, std::make_unique<Subscription>(m_deployment, kind));
        return;
    }
    m_topology = std::make_unique<Topology>(deployment);
    connect(m_topology.get(), &Topology::changed, this, &Subscriber::placeAll);
}

void Subscriber::add(const Address &node, std::unique_ptr<Subscription> subscription)
{
    Subscription *added = subscription.get();
    m_subscriptions[node] = std::move(subscription);
    connect(added, &Subscription::ready, this, [this] {
        checkReady();
        Q_EMIT ready();
    });
    connect(added, &Subscription::lost, this, [this] {
        if (m_topology)
            m_topology->refresh();
        checkReady();
        Q_EMIT lost();
    });
    connect(added, &Subscription::failed, this, &Subscriber::checkReady);
    connect(added, &Subscription::subscribed, this, &Subscriber::onSubscribed);
    connect(added, &Subscription::message, this, &Subscriber::message);
    connect(added, &Subscription::refused, this, &Subscriber::onRefused);
}

/// A master that is away may have a successor soon.
void Subscriber::checkReady()
{
    if (m_topology)
        m_topology->setDegraded(!isReady());
}

Subscription &Subscriber::subscriptionAt(const Address &node)
{
    if (!m_subscriptions.contains(node))
        add(node,
            std::make_unique<Subscription>(at(m_deployment.server, node), m_kind,
                                           Subscription::Batching::OneSlot));
    return *m_subscriptions[node];
}

bool Subscriber::isReady() const
{
    return !m_subscriptions.empty() && std::ranges::all_of(m_subscriptions, [](const auto &entry) {
        return entry.second->isReady();
    });
}

void Subscriber::subscribe(const QByteArray &channel)
{
    if (!m_topology) {
        m_homeless.remove(channel);
        return only().subscribe(channel);
    }
    const auto known = m_places.constFind(channel);
    if (known != m_places.cend() && known->port != 0)
        return m_subscriptions[*known]->subscribe(channel);
    m_places.insert(channel, {});
    place(channel);
}

void Subscriber::lookAgain()
{
    for (const auto &[node, subscription] : m_subscriptions)
        subscription->lookAgain();
}

void Subscriber::renew()
{
    for (const auto &[node, subscription] : m_subscriptions)
        subscription->renew();
}

void Subscriber::unsubscribe(const QByteArray &channel)
{
    m_homeless.remove(channel);
    if (!m_topology)
        return only().unsubscribe(channel);
    const Address node = m_places.take(channel);
    if (node.port != 0)
        m_subscriptions[node]->unsubscribe(channel);
}

/// Where its slot is served now.
void Subscriber::place(const QByteArray &channel)
{
    Address &current = m_places[channel];
    const Address *master = m_topology->map().masterOf(slotOf(channel));
    if (current.port != 0 && master && current == *master)
        return;
    if (current.port != 0)
        m_subscriptions[current]->unsubscribe(channel);
    current = master ? *master : Address{};
    if (master) {
        m_homeless.remove(channel);
        return subscriptionAt(*master).subscribe(channel);
    }
    m_homeless.insert(channel);
    // Before the first answer all have to wait for it.
    if (m_topology->isKnown())
        tryAgainSoon();
}

void Subscriber::placeAll()
{
    const auto &masters = m_topology->map().masters();
    for (const Address &master : masters)
        subscriptionAt(master);
    for (const QByteArray &channel : m_places.keys())
        place(channel);
    for (auto entry = m_subscriptions.begin(); entry != m_subscriptions.end();) {
        auto &[node, subscription] = *entry;
        if (!subscription->isEmpty() || std::ranges::find(masters, node) != masters.end()) {
            ++entry;
            continue;
        }
        subscription->disconnect(this);
        subscription.release()->deleteLater(); // it may be on the stack
        entry = m_subscriptions.erase(entry);
    }
    checkReady();
}

void Subscriber::onSubscribed(const QByteArray &channel)
{
    if (m_homeless.isEmpty()) {
        m_lastRefusal.clear();
        m_backoff.reset();
    }
    Q_EMIT subscribed(channel);
}

void Subscriber::onRefused(const QByteArray &channel, const QByteArray &why)
{
    if (m_topology) {
        const auto place = m_places.find(channel);
        if (place == m_places.end())
            return;
        *place = {};
    }
    warnOnce(why);
    m_homeless.insert(channel);
    tryAgainSoon();
}

/// One line for all the channels that are refused for one reason.
void Subscriber::warnOnce(const QByteArray &why)
{
    const QByteArray code = why.left(why.indexOf(' '));
    if (code == std::exchange(m_lastRefusal, code))
        return;
    // That a slot has moved is no fault.
    if (code == "MOVED" || code == Subscription::kMovedAway)
        qCDebug(lcRedis) << "subscribing was refused:" << why;
    else
        qCWarning(lcRedis) << "subscribing was refused:" << why;
}

void Subscriber::tryAgainSoon()
{
    if (m_topology)
        m_topology->refresh();
    if (!m_again.isActive())
        m_again.start(m_backoff.next());
}

void Subscriber::tryAgain()
{
    for (const QByteArray &channel : std::exchange(m_homeless, {})) {
        if (m_topology)
            place(channel);
        else
            only().subscribe(channel);
    }
}

} // namespace presence::redis
