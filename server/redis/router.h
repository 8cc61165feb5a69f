// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/cluster/slotmap.h"
#include "server/redis/connection.h"

#include <QObject>

#include <memory>

namespace presence::redis {

/// Which server a command goes to. Inside of a Client, whose rules for callbacks it keeps.
class Router : public QObject
{
    Q_OBJECT
public:
    using Observer = Connection::Observer;
    using Counters = Connection::Counters;
    using OnConnected = std::function<void(Connection &)>;

    /// Commands of one route key keep their order, as long as nothing moves between servers.
    virtual void send(QByteArrayView routeKey, Command command, ReplyCallback callback) = 0;

    virtual bool isReady() const = 0; ///< every server that is needed is
    virtual bool isReadyFor(QByteArrayView) const { return isReady(); } ///< who serves this key is
    virtual bool isIdle() const = 0; ///< no callback is due
    virtual Counters counters() const = 0; ///< sums
    virtual void setObserver(const Observer &observer) = 0;
    /// Called with each connection that becomes ready.
    virtual void setOnConnected(OnConnected call) = 0;
    virtual void renew() = 0; ///< all connections, as Connection has it
    /// Of a cluster; else null.
    virtual const SlotMap *slotMap() const { return nullptr; }

Q_SIGNALS:
    void ready(); ///< isReady() has become true
    void lost(); ///< isReady() has become false
    void demoted(); ///< the master that was used is one no more; in a cluster the map says so
    void renewed(); ///< a connection was
};

std::unique_ptr<Router> makeRouter(const Deployment &deployment, int connections);

} // namespace presence::redis
