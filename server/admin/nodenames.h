// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/noderegistry.h"

#include <QHash>

namespace presence::admin {

/// Which node a session belongs to, by the tag in its id. Remembers nodes that are gone from the
/// registry. Belongs to one thread.
class NodeNames
{
public:
    explicit NodeNames(const rules::Store &store) : m_store(store) { }

    /// Asks the registry; what is known stays when Redis is away.
    void refresh(std::function<void()> done);
    void take(const std::vector<NodeRow> &nodes);

    struct Node
    {
        QByteArray name = "?"; ///< of one that is not known
        bool isAlive = false;
    };
    Node nodeOf(const SessionId &session) const;

private:
    const rules::Store &m_store;
    QHash<QByteArray, Node> m_nodes; ///< by tag
};

} // namespace presence::admin
