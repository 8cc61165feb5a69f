// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/cluster/slotmap.h"
#include "tests/integration/redis/ask.h"
#include "tests/integration/redis/scriptedserver.h"

namespace presence::test {

/// Scripted servers that answer CLUSTER SLOTS with what the test says: at first each has an equal
/// part of the slots. Everything else is answered by the script of each.
class ScriptedCluster
{
public:
    struct Range
    {
        int first;
        int last;
        redis::Address master;
    };

    explicit ScriptedCluster(int nodes)
    {
        const int each = redis::kSlots / nodes;
        for (int i = 0; i < nodes; ++i) {
            auto &node = *m_nodes.emplace_back(std::make_unique<ScriptedServer>());
            const int last = i + 1 == nodes ? redis::kSlots - 1 : (i + 1) * each - 1;
            ranges.push_back({i * each, last, node.address()});
            answer(i, [](const auto &words) { return resp::bulk(words.value(1)); });
        }
    }

    std::vector<Range> ranges;
    bool saysSlots = true; ///< else CLUSTER SLOTS gets no answer

    ScriptedServer &operator[](int i) { return *m_nodes[size_t(i)]; }
    redis::Address at(int i) const { return m_nodes[size_t(i)]->address(); }

    /// What node `i` says to everything but CLUSTER.
    void answer(int i, ScriptedServer::Script script)
    {
        m_nodes[size_t(i)]->script = [this, script = std::move(script)](const auto &words) {
            if (words.front() != "CLUSTER")
                return script(words);
            return saysSlots ? slots() : QByteArray();
        };
    }

    /// Node `i` gets all slots.
    void giveAllTo(int i) { ranges = {{0, redis::kSlots - 1, at(i)}}; }

    qsizetype refreshes() const
    {
        qsizetype sum = 0;
        for (const auto &node : m_nodes)
            sum += node->countOf("CLUSTER");
        return sum;
    }
    void setTrickling()
    {
        for (const auto &node : m_nodes)
            node->setTrickling();
    }

    /// By the first `seeds` of its nodes.
    redis::Deployment deployment(int seeds = 1) const
    {
        redis::Deployment deployment;
        deployment.kind = redis::Deployment::Kind::Cluster;
        for (int i = 0; i < seeds; ++i)
            deployment.nodes.push_back(at(i));
        return deployment;
    }

    /// MOVED or ASK to node `i` with the slot of `key`.
    QByteArray redirection(const QByteArray &kind, const QByteArray &key, int i) const
    {
        return resp::error(kind + ' ' + QByteArray::number(redis::slotOf(key)) + ' '
                           + m_nodes[size_t(i)]->place());
    }

private:
    QByteArray slots() const
    {
        QByteArrayList all;
        for (const Range &range : ranges)
            all.append(resp::array(
                {resp::integer(range.first), resp::integer(range.last),
                 resp::array({resp::bulk(range.master.host.toLatin1()),
                              resp::integer(range.master.port), resp::bulk("0123456789abcdef")})}));
        return resp::array(all);
    }

    std::vector<std::unique_ptr<ScriptedServer>> m_nodes;
};

/// Keys of a slot in the first and in the second half.
inline const QByteArray kFirstHalf = "b";
inline const QByteArray kSecondHalf = "a";
inline const QByteArray kNeighbour = "bar"; ///< of the first half, but of another slot

/// The bytes of a GET of `key` and its answer.
inline QByteArray get(redis::Client &client, const QByteArray &key)
{
    return bytesOf(ask(client, {"GET", key}));
}

inline bool waitUntilReady(const redis::Client &client)
{
    return eventually([&] { return client.isReady(); });
}

} // namespace presence::test
