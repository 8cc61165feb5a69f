// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/subscriber.h"
#include "tests/integration/redis/scriptedcluster.h"

namespace presence::test {

namespace resp {

inline QByteArray event(const QByteArray &kind, const QByteArray &channel, const QByteArray &rest)
{
    return array({bulk(kind), bulk(channel), rest});
}

/// To SSUBSCRIBE and SUNSUBSCRIBE of any number of channels.
inline QByteArray acknowledge(const ScriptedServer::Words &words)
{
    QByteArray all;
    for (qsizetype i = 1; i < words.size(); ++i)
        all += event(words[0].toLower(), words[i], integer(1));
    return all;
}

} // namespace resp

/// A scripted cluster whose nodes serve Pub/Sub, and answer MOVED for a channel of another's slot.
class ScriptedPubSub : public ScriptedCluster
{
public:
    explicit ScriptedPubSub(int nodes) : ScriptedCluster(nodes), m_nodes(nodes)
    {
        for (int i = 0; i < nodes; ++i)
            hear(i);
    }

    /// As at first.
    void hear(int i)
    {
        hear(i, [this, i](const ScriptedServer::Words &words) {
            const int owner = ownerOf(words[1]);
            if (owner < 0)
                return resp::error("CLUSTERDOWN Hash slot not served");
            return owner == i ? resp::acknowledge(words) : redirection("MOVED", words[1], owner);
        });
    }

    /// What node `i` says to SSUBSCRIBE.
    void hear(int i, ScriptedServer::Script script)
    {
        answer(i, [script = std::move(script)](const ScriptedServer::Words &words) {
            return words[0] == "SSUBSCRIBE" ? script(words) : resp::acknowledge(words);
        });
    }

    void moveSlotOf(const QByteArray &channel, int to)
    {
        const int slot = redis::slotOf(channel);
        std::vector<Range> all;
        for (const Range &range : std::exchange(ranges, {})) {
            if (slot < range.first || slot > range.last) {
                all.push_back(range);
                continue;
            }
            if (range.first < slot)
                all.push_back({range.first, slot - 1, range.master});
            all.push_back({slot, slot, at(to)});
            if (slot < range.last)
                all.push_back({slot + 1, range.last, range.master});
        }
        ranges = std::move(all);
    }

    /// To whoever has subscribed to `channel` at node `i`.
    void publish(int i, const QByteArray &channel, const QByteArray &payload)
    {
        (*this)[i].sayTo({"SSUBSCRIBE", channel},
                         resp::event("smessage", channel, resp::bulk(payload)));
    }

    /// As node `i` does when the slot has gone.
    void unsubscribeByServer(int i, const QByteArray &channel)
    {
        (*this)[i].sayTo({"SSUBSCRIBE", channel},
                         resp::event("sunsubscribe", channel, resp::integer(0)));
    }

private:
    int ownerOf(const QByteArray &channel) const
    {
        const int slot = redis::slotOf(channel);
        for (const Range &range : ranges) {
            for (int i = 0; i < m_nodes && range.first <= slot && slot <= range.last; ++i) {
                if (range.master == at(i))
                    return i;
            }
        }
        return -1;
    }

    int m_nodes;
};

/// What a subscriber has said to be subscribed to.
class Acknowledged
{
public:
    explicit Acknowledged(const redis::Subscriber &subscriber)
    {
        QObject::connect(&subscriber, &redis::Subscriber::subscribed, &m_context,
                         [this](const QByteArray &channel) { m_channels.append(channel); });
    }

    /// Until these have come, each once and in any order, since the last wait; and no other.
    bool wait(QByteArrayList channels)
    {
        const bool haveCome = eventually([&] { return m_channels.size() >= channels.size(); });
        std::ranges::sort(channels);
        std::ranges::sort(m_channels);
        return haveCome && std::exchange(m_channels, {}) == channels;
    }
    bool isEmpty() const { return m_channels.isEmpty(); }

private:
    QByteArrayList m_channels;
    QObject m_context;
};

} // namespace presence::test
