// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"
#include "shared/model/userpresence.h"

#include <QObject>
#include <QTimer>

#include <functional>

namespace presence::rules {

/// A node as the registry knows it. Times by Redis' clock.
struct Node
{
    QByteArray name;
    Timestamp startedAt;
    Timestamp seenAt; ///< its last sign of life
    qint64 connections = 0; ///< WebSockets
    bool isAlive = false; ///< has missed no more than two signs of life
    bool isSweeping = false; ///< holds the sweeper's lease
};

/// All nodes that were alive within the last minute, by name.
void readNodes(const Store &store, Callback<std::vector<Node>> done);

/// Says in Redis that this node is alive, since when, and with how many connections. A node that
/// stopped saying so for a minute is gone from the registry. Lives on the main thread.
class NodeRegistry : public QObject
{
    Q_OBJECT
public:
    NodeRegistry(const Store &store, QByteArray nodeName, std::function<qint64()> connections,
                 QObject *parent = nullptr);
    void start();
    /// The node is not there any more; `done` when Redis knows, or is away.
    void stop(std::function<void()> done);

private:
    void announce();

    const Store &m_store;
    QByteArray m_nodeName;
    std::function<qint64()> m_connections;
    qint64 m_startedAt = 0; ///< s since the epoch, by Redis' clock; 0 until it was asked
    QTimer m_timer;
};

} // namespace presence::rules
