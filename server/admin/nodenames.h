// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/noderegistry.h"

#include <QHash>

#include <functional>
#include <memory>

namespace presence::admin {

/// Which node a session belongs to, by the tag in its id. Remembers nodes that are gone from the
/// registry. Belongs to one thread.
class NodeNames
{
public:
    explicit NodeNames(const rules::Store &store) : m_store(store) { }

    /// Asks the registry; what is known stays when Redis is away. `done` is not called when this is
    /// gone by then.
    void refresh(std::function<void()> done);

    struct Node
    {
        QByteArray name = "?"; ///< of one that is not known
        bool isAlive = false;
        bool isBehind = false;
    };
    /// Before the registry was read each node counts as alive.
    Node nodeOf(const SessionId &session) const;
    /// Some node cannot refresh its sessions, or take heartbeats of devices without a WebSocket.
    bool isAnyBehind() const;

private:
    using Nodes = QHash<QByteArray, Node>; ///< by tag
    static void take(Nodes &known, const std::vector<NodeRow> &nodes);

    const rules::Store &m_store;
    std::shared_ptr<Nodes> m_nodes = std::make_shared<Nodes>(); ///< shared with no one but answers
};

} // namespace presence::admin
