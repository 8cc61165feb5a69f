// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"

namespace presence::rules {

/// A due queue: what is to be checked when: a zset member -> time of the next check. The member's
/// own keys say what is true; the queue only says where to look.
///
/// Answers of different nodes may come in any order, so whoever changes a member only lowers its
/// time. Whoever has looked raises it: the sweeper, and the regular heartbeat.
class DueQueue
{
public:
    /// `key` is one of KeySpace's due queues.
    DueQueue(const Store &store, QByteArray key) : m_store(store), m_key(std::move(key)) { }

    /// Which members schedule() has checked at once. None: the change moves no check. Entering: a
    /// new one is checked when PRESENCE_TTL is over, which is what the change would say.
    enum class Which : quint8 { None, Entering, New, Known, Any };
    static bool needsReschedule(Which which) { return which >= Which::New; }

    /// To be called before a change, for the sweeper to finish it if this node does not live to do
    /// it. Returns what reschedule() needs.
    QByteArray schedule(const QByteArray &member, Which which) const;

    /// After the change: when the next check is due, ms since the epoch; 0 for never.
    void reschedule(const QByteArray &member, const QByteArray &scheduled, qint64 nextCheck) const;

    /// One that was lost, unless somebody has entered it since.
    void restore(const QByteArray &member, qint64 nextCheck) const;

    struct Entry
    {
        QByteArray member;
        QByteArray due; ///< s since the epoch, as Redis has it
    };

    bool isReachable() const { return m_store.redis.isReadyFor(m_key); }

    /// What is due by Redis' clock, at most `limit` entries.
    void due(int limit, Callback<std::vector<Entry>> done) const;

    struct Checked
    {
        Entry entry;
        qint64 nextCheck; ///< ms since the epoch, 0 for none
        int mark = 0; ///< us on top of that, below 1000: few others are due at just that time
    };
    /// These were checked. `done` is told which of them nobody has moved meanwhile.
    void acknowledge(
        const std::vector<Checked> &entries,
        Callback<std::vector<QByteArray>> done = [](const auto &) {}) const;

    /// As acknowledge(), of members that were all due at one time that had a mark.
    void raise(const Checked &checked, const std::vector<QByteArray> &members,
               Callback<std::vector<QByteArray>> done) const;

    /// As Redis takes it; 0 stays 0.
    static QByteArray toScore(qint64 ms, int mark = 0);

    /// When members are due, in their order; an empty time for one that the queue does not have.
    void times(const std::vector<QByteArray> &members, Callback<std::vector<Entry>> done) const;

private:
    const Store &m_store;
    QByteArray m_key;
};

} // namespace presence::rules
