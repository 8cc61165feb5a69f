// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/nodenames.h"

#include "server/presence/session.h"

namespace presence::admin {

void NodeNames::refresh(std::function<void()> done)
{
    rules::readNodes(m_store, [this, done = std::move(done)](const auto &nodes) {
        if (nodes)
            take(*nodes);
        done();
    });
}

void NodeNames::take(const std::vector<NodeRow> &nodes)
{
    for (Node &node : m_nodes)
        node.isAlive = false;
    for (const NodeRow &row : nodes)
        m_nodes.insert(rules::nodeTag(row.name), {row.name, row.isAlive});
}

NodeNames::Node NodeNames::nodeOf(const SessionId &session) const
{
    const QByteArray &id = session.bytes();
    return m_nodes.value(id.left(id.indexOf('-')));
}

} // namespace presence::admin
