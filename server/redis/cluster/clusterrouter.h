// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/cluster/topology.h"
#include "server/redis/router.h"

#include <deque>
#include <map>

namespace presence::redis {

/// To the master that serves a command's slot, following what a cluster answers while it changes:
/// MOVED and ASK at once, TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN and READONLY after a pause,
/// for as long as the retry window of a Connection, which begins with the first such answer for a
/// slot. An error that is left when that is over is the answer.
///
/// What waits for a node that has lost its slots goes to the next one. A node is found by its
/// address for each step anew: a callback may change everything. One that has left the map, or was
/// never in it, is kept until it owes nothing.
class ClusterRouter final : public Router
{
    Q_OBJECT
public:
    explicit ClusterRouter(const Deployment &deployment);

    /// By the command's own key; by `routeKey` for a command that has none.
    void send(QByteArrayView routeKey, Command command, ReplyCallback callback) override;
    bool isReady() const override;
    bool isReadyFor(QByteArrayView key) const override;
    bool isIdle() const override;
    Counters counters() const override;
    void setObserver(const Observer &observer) override;
    void setOnConnected(OnConnected call) override { m_onConnected = std::move(call); }
    void renew() override;
    const SlotMap *slotMap() const override { return &m_topology.map(); }

private:
    using Clock = std::chrono::steady_clock;
    /// A command until it is answered.
    struct Request
    {
        int slot = 0;
        quint64 number = 0; ///< in the order in which they came
        Command command;
        ReplyCallback callback;
        int redirections = 0;
    };
    using RequestPtr = std::shared_ptr<Request>;

    /// A slot whose first command is tried again: the others wait behind it, so that of two
    /// changes the later one stays the later.
    struct HeldSlot
    {
        std::deque<RequestPtr> requests; ///< by number
        RequestPtr tried; ///< what is tried again now; null while it pauses
        Backoff backoff;
    };

    void dispatch(const RequestPtr &request);
    void sendTo(const Address &node, const RequestPtr &request, Connection::Asking asking);
    void answered(const Address &node, const RequestPtr &request, Result<Reply> reply);
    void finish(const RequestPtr &request, Result<Reply> reply);
    void redirect(const Redirection &redirection, const RequestPtr &request, Reply reply);
    bool mayRetry(const RequestPtr &request);
    void retry(const RequestPtr &request);
    void hold(HeldSlot &slot, const RequestPtr &request);
    void tryFirst(int slot);
    void release(const RequestPtr &request);
    void refuse(const RequestPtr &request);
    void refuseLate();

    Connection &connectionTo(const Address &node);
    void mapChanged();
    bool isConnected(const Address &node) const;
    bool isMaster(const Address &node) const;
    void retire(const Address &node);
    void forgetIdle();
    void checkReady();

    Deployment m_deployment;
    Topology m_topology;
    std::map<Address, std::unique_ptr<Connection>> m_nodes;
    std::vector<std::unique_ptr<Connection>> m_retired;
    Counters m_former; ///< of nodes that are gone
    std::deque<std::pair<RequestPtr, Clock::time_point>> m_waiting; ///< for the first map, since
    QHash<int, Clock::time_point> m_degraded; ///< slots that nobody has served since
    std::map<int, HeldSlot> m_held;
    size_t m_retrying = 0; ///< requests in m_held, but for those that are tried now
    quint64 m_lastNumber = 0;
    bool m_isRequeueing = false; ///< what a node that has left the map was not sent
    QTimer m_look; ///< for the end of m_waiting's patience, and for nodes that are not needed
    Observer m_observer;
    OnConnected m_onConnected;
    bool m_ready = false;
};

} // namespace presence::redis
