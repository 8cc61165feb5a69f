// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/nodenames.h"

#include "server/presence/session.h"

#include <algorithm>

namespace presence::admin {

void NodeNames::refresh(std::function<void()> done)
{
    const std::weak_ptr<Nodes> known = m_nodes;
    rules::readNodes(m_store, [known, done = std::move(done)](const auto &nodes) {
        const auto names = known.lock();
        if (!names)
            return;
        if (nodes)
            take(*names, *nodes);
        done();
    });
}

void NodeNames::take(Nodes &known, const std::vector<NodeRow> &nodes)
{
    for (Node &node : known) {
        node.isAlive = false;
        node.isBehind = false;
    }
    for (const NodeRow &row : nodes)
        known.insert(redis::KeySpace::nodeTag(row.name), {row.name, row.isAlive, row.isBehind});
}

NodeNames::Node NodeNames::nodeOf(const SessionId &session) const
{
    const QByteArray &id = session.bytes();
    return m_nodes->value(id.left(id.indexOf('-')), {"?", m_nodes->isEmpty(), false});
}

bool NodeNames::isAnyBehind() const
{
    return std::ranges::any_of(*m_nodes, &Node::isBehind);
}

} // namespace presence::admin
