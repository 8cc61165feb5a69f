// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"

#include <QObject>
#include <QTimer>

#include <functional>

namespace presence::rules {

/// Says in Redis that this node is alive, since when, and with how many connections. A node that
/// stopped saying so for a minute is gone from the registry. Lives on the main thread.
class NodeRegistry : public QObject
{
    Q_OBJECT
public:
    NodeRegistry(const Store &store, QByteArray nodeName, std::function<qint64()> connections,
                 QObject *parent = nullptr);
    void start();

private:
    void announce();

    const Store &m_store;
    QByteArray m_nodeName;
    std::function<qint64()> m_connections;
    qint64 m_startedAt = 0; ///< s since the epoch, by Redis' clock; 0 until it was asked
    QTimer m_timer;
};

} // namespace presence::rules
