// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/cluster/topology.h"
#include "server/redis/subscription.h"

#include <map>

namespace presence::redis {

/// Pub/Sub of one kind, and the set of channels to be subscribed to. On connections of its own:
/// one, or one to each master of a cluster, which has the channels of its slots.
///
/// Lives on the thread that made it. After a broken connection, or when a slot has moved, it
/// subscribes again; what a server refuses is tried again for as long as it is wanted. Messages
/// published in between are gone: whoever keeps state made of messages reads the state anew at
/// every subscribed(). Slots may destroy it. It never counts: two subscribe() of one channel are
/// undone by one unsubscribe().
class Subscriber final : public QObject
{
    Q_OBJECT
public:
    using Kind = Subscription::Kind;
    explicit Subscriber(const Deployment &deployment, Kind kind = Kind::Sharded);

    /// Calls within one pass of the event loop share commands; the last one for a channel counts.
    void subscribe(const QByteArray &channel);
    void unsubscribe(const QByteArray &channel);

    /// Connects anew: to the master that is one now.
    void lookAgain();

    /// Connects anew with the credentials that hold now; each connection stays until its server
    /// lets the new one in.
    void renew();

    bool isReady() const; ///< all its connections are

Q_SIGNALS:
    void ready(); ///< a connection is
    void lost(); ///< a connection is

    /// The server has acknowledged: what is published from now on arrives. Once for each
    /// subscribe() that was the last in its pass, and again after each gap.
    void subscribed(const QByteArray &channel);

    /// Never for a channel after its unsubscribe().
    void message(const QByteArray &channel, const QByteArray &payload);

private:
    Subscription &subscriptionAt(const Address &node);
    void add(const Address &node, std::unique_ptr<Subscription> subscription);
    void place(const QByteArray &channel);
    void placeAll();
    void onSubscribed(const QByteArray &channel);
    void onRefused(const QByteArray &channel, const QByteArray &why);
    void warnOnce(const QByteArray &why);
    void tryAgainSoon();
    void tryAgain();
    void checkReady();
    Subscription &only() const { return *m_subscriptions.begin()->second; } ///< without a cluster

    Deployment m_deployment;
    const Kind m_kind;
    std::unique_ptr<Topology> m_topology; ///< only of a cluster
    /// By the place of the server; without a cluster there is one, at no place.
    std::map<Address, std::unique_ptr<Subscription>> m_subscriptions;
    /// Of a cluster: channel -> where it is; no place while nobody has it.
    QHash<QByteArray, Address> m_places;
    QSet<QByteArray> m_homeless; ///< refused, or without a master
    QByteArray m_lastRefusal; ///< its code, until all are subscribed
    Backoff m_backoff;
    QTimer m_again; ///< for m_homeless
};

} // namespace presence::redis
