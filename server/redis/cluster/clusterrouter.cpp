// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/cluster/clusterrouter.h"

#include <algorithm>
#include <array>

namespace presence::redis {

using namespace std::chrono_literals;

/// Without a pause. A slot that is migrated takes one; more are a cluster that does not agree with
/// itself.
static constexpr int kMaxRedirections = 5;
static constexpr auto kShortestRetryPause = 20ms;
static constexpr auto kLongestRetryPause = 500ms;
static constexpr auto kLook = 250ms;

ClusterRouter::ClusterRouter(const Deployment &deployment)
    : m_deployment(deployment), m_topology(deployment)
{
    connect(&m_topology, &Topology::changed, this, &ClusterRouter::mapChanged);
    connect(&m_look, &QTimer::timeout, this, [this] {
        refuseLate();
        forgetIdle();
    });
    m_look.start(kLook);
}

void ClusterRouter::send(QByteArrayView routeKey, Command command, ReplyCallback callback)
{
    const QByteArrayView own = command.key();
    const int slot = slotOf(own.isEmpty() ? routeKey : own);
    const auto request = std::make_shared<Request>(
        Request{slot, ++m_lastNumber, std::move(command), std::move(callback)});
    const auto held = m_held.empty() ? m_held.end() : m_held.find(slot);
    if (held != m_held.end() && m_retrying < Connection::kMaxWaiting)
        hold(held->second, request);
    else if (held != m_held.end())
        refuse(request);
    else if (m_topology.isKnown())
        dispatch(request);
    else if (m_waiting.size() < Connection::kMaxWaiting)
        m_waiting.emplace_back(request, Clock::now());
    else
        refuse(request);
}

void ClusterRouter::refuseLate()
{
    while (!m_waiting.empty()
           && Clock::now() >= m_waiting.front().second + Connection::kRetryWindow) {
        refuse(m_waiting.front().first);
        m_waiting.pop_front();
    }
}

void ClusterRouter::dispatch(const RequestPtr &request)
{
    if (const Address *master = m_topology.map().masterOf(request->slot))
        return sendTo(Address(*master), request, Connection::Asking::No);
    // The slot is lost, or on its way from one master to the next.
    m_topology.refresh();
    if (mayRetry(request))
        return retry(request);
    release(request);
    refuse(request);
}

void ClusterRouter::sendTo(const Address &node, const RequestPtr &request,
                           Connection::Asking asking)
{
    connectionTo(node).send(
        request->command,
        [this, node, request](Result<Reply> reply) { answered(node, request, std::move(reply)); },
        asking);
}

/// What a cluster says while it changes; the last two when they do not say where to.
static bool isTransient(const Reply &reply)
{
    static constexpr std::array kTransient{"TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN",
                                           "READONLY", "MOVED",       "ASK"};
    return std::ranges::any_of(kTransient, [&](const char *code) { return reply.isError(code); });
}

void ClusterRouter::answered(const Address &node, const RequestPtr &request, Result<Reply> reply)
{
    if (!reply && m_isRequeueing) {
        const auto held = m_held.find(request->slot);
        if (held == m_held.end() || held->second.tried == request)
            return dispatch(request);
        return hold(held->second, request);
    }
    if (!reply) {
        // Whether it was done is not known, so it is not sent again.
        m_topology.refresh();
    } else if (isTransient(*reply)) {
        if (const auto redirection = Redirection::in(*reply, node))
            return redirect(*redirection, request, std::move(*reply));
        m_topology.refresh();
        if (mayRetry(request))
            return retry(request);
    } else if (!m_degraded.isEmpty()) {
        m_degraded.remove(request->slot);
    }
    finish(request, std::move(reply));
}

void ClusterRouter::finish(const RequestPtr &request, Result<Reply> reply)
{
    if (!m_held.empty())
        release(request);
    if (request->callback)
        request->callback(std::move(reply));
}

void ClusterRouter::redirect(const Redirection &redirection, const RequestPtr &request, Reply reply)
{
    const bool isForGood = redirection.kind == Redirection::Kind::Moved;
    if (isForGood)
        m_topology.refresh();
    if (++request->redirections <= kMaxRedirections)
        return sendTo(redirection.to, request,
                      isForGood ? Connection::Asking::No : Connection::Asking::Yes);
    // Nodes that send back and forth agree in a moment, or never.
    if (mayRetry(request))
        return retry(request);
    finish(request, std::move(reply));
}

/// While a slot is lost for long, each command is tried once.
bool ClusterRouter::mayRetry(const RequestPtr &request)
{
    const auto now = Clock::now();
    const auto since = m_degraded.constFind(request->slot);
    if (since == m_degraded.cend())
        m_degraded.insert(request->slot, now);
    else if (now >= *since + Connection::kRetryWindow)
        return false;
    return m_retrying < Connection::kMaxWaiting;
}

void ClusterRouter::retry(const RequestPtr &request)
{
    request->redirections = 0;
    const bool isFirst = !m_held.contains(request->slot);
    HeldSlot &slot
        = m_held
              .try_emplace(request->slot,
                           HeldSlot{{}, nullptr, Backoff(kShortestRetryPause, kLongestRetryPause)})
              .first->second;
    hold(slot, request);
    if (!isFirst && slot.tried != request)
        return;
    slot.tried = nullptr;
    QTimer::singleShot(slot.backoff.next(), this,
                       [this, number = request->slot] { tryFirst(number); });
}

void ClusterRouter::hold(HeldSlot &slot, const RequestPtr &request)
{
    ++m_retrying;
    const auto place
        = std::ranges::upper_bound(slot.requests, request->number, {}, &Request::number);
    slot.requests.insert(place, request);
}

void ClusterRouter::tryFirst(int slot)
{
    HeldSlot &held = m_held.at(slot);
    held.tried = held.requests.front();
    held.requests.pop_front();
    --m_retrying;
    dispatch(RequestPtr(held.tried));
}

/// The first of its slot is answered, whatever the answer is: the others go on, in their order.
void ClusterRouter::release(const RequestPtr &request)
{
    const auto held = m_held.find(request->slot);
    if (held == m_held.end() || held->second.tried != request)
        return;
    const auto requests = std::move(held->second.requests);
    m_held.erase(held);
    m_retrying -= requests.size();
    for (const RequestPtr &next : requests) {
        // One of them may have to wait again, and the rest behind it.
        const auto again = m_held.find(next->slot);
        if (again == m_held.end())
            dispatch(next);
        else
            hold(again->second, next);
    }
}

/// From the event loop, as every answer.
void ClusterRouter::refuse(const RequestPtr &request)
{
    if (!request->callback)
        return;
    QMetaObject::invokeMethod(
        this,
        [request] {
            request->callback(fail(ErrorCode::Unavailable,
                                   QStringLiteral("no node of the cluster serves this key")));
        },
        Qt::QueuedConnection);
}

Connection &ClusterRouter::connectionTo(const Address &node)
{
    auto &connection = m_nodes[node];
    if (connection)
        return *connection;
    connection = std::make_unique<Connection>(at(m_deployment.server, node));
    connection->setObserver(m_observer);
    connect(connection.get(), &Connection::ready, this, [this, node] {
        const auto found = m_nodes.find(node);
        if (m_onConnected && found != m_nodes.end())
            m_onConnected(*found->second);
        checkReady();
    });
    connect(connection.get(), &Connection::lost, this, [this] {
        m_topology.refresh();
        checkReady();
    });
    connect(connection.get(), &Connection::failed, this, &ClusterRouter::checkReady);
    connect(connection.get(), &Connection::renewed, this, &Router::renewed);
    return *connection;
}

void ClusterRouter::renew()
{
    for (const auto &[address, connection] : m_nodes)
        connection->renew();
}

bool ClusterRouter::isMaster(const Address &node) const
{
    const auto &masters = m_topology.map().masters();
    return std::ranges::find(masters, node) != masters.end();
}

void ClusterRouter::retire(const Address &node)
{
    auto entry = m_nodes.extract(node);
    entry.mapped()->disconnect(this);
    const auto unsent = entry.mapped()->releaseUnsent();
    m_retired.push_back(std::move(entry.mapped()));
    m_isRequeueing = true;
    for (const auto &callback : unsent)
        callback(fail(ErrorCode::Unavailable, {}));
    m_isRequeueing = false;
}

void ClusterRouter::mapChanged()
{
    for (auto node = m_nodes.begin(); node != m_nodes.end();) {
        const Address address = (node++)->first;
        if (!isMaster(address))
            retire(address);
    }
    for (const Address &master : m_topology.map().masters())
        connectionTo(master);
    for (const auto &[request, since] : std::exchange(m_waiting, {}))
        dispatch(request);
    checkReady();
}

void ClusterRouter::forgetIdle()
{
    // A redirection may have led to one that the map does not have.
    for (auto node = m_nodes.begin(); node != m_nodes.end();) {
        const auto &[address, connection] = *node++;
        if (connection->isIdle() && !isMaster(address))
            retire(Address(address));
    }
    std::erase_if(m_retired, [this](const auto &connection) {
        if (!connection->isIdle())
            return false;
        m_former += connection->counters();
        return true;
    });
}

bool ClusterRouter::isConnected(const Address &node) const
{
    const auto found = m_nodes.find(node);
    return found != m_nodes.end() && found->second->isReady();
}

bool ClusterRouter::isReady() const
{
    const SlotMap &map = m_topology.map();
    return map.covered() == kSlots
        && std::ranges::all_of(map.masters(),
                               [this](const Address &master) { return isConnected(master); });
}

bool ClusterRouter::isReadyFor(QByteArrayView key) const
{
    const Address *master = m_topology.map().masterOf(slotOf(key));
    return master && isConnected(*master);
}

bool ClusterRouter::isIdle() const
{
    return m_waiting.empty() && m_retrying == 0
        && std::ranges::all_of(m_nodes, [](const auto &node) { return node.second->isIdle(); })
        && std::ranges::all_of(m_retired, [](const auto &node) { return node->isIdle(); });
}

void ClusterRouter::checkReady()
{
    const bool now = isReady();
    // A master that is away may have a successor soon.
    m_topology.setDegraded(!now);
    if (now == std::exchange(m_ready, now))
        return;
    if (now)
        Q_EMIT ready();
    else
        Q_EMIT lost();
}

Router::Counters ClusterRouter::counters() const
{
    Counters sum = m_former;
    for (const auto &[address, connection] : m_nodes)
        sum += connection->counters();
    for (const auto &connection : m_retired)
        sum += connection->counters();
    return sum;
}

void ClusterRouter::setObserver(const Observer &observer)
{
    m_observer = observer;
    for (const auto &[address, connection] : m_nodes)
        connection->setObserver(observer);
}

} // namespace presence::redis
