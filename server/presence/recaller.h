// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/usertransitions.h"

#include <QCache>
#include <QDeadlineTimer>

#include <functional>
#include <vector>

namespace presence::rules {

/// Gives Redis back what it does not know of a user and the archive does: one node asks for a user
/// at a time, and the others wait for it. Belongs to one thread.
class Recaller
{
public:
    Recaller(const Store &store, UserTransitions &steps)
        : m_store(store), m_transitions(steps), m_unknown(kMaxUnknown)
    {
    }

    bool isPossible() const { return m_store.archive && m_store.archive->isAvailable(); }

    /// For whom the archive is asked. A reader believes for some seconds that it knows nothing;
    /// who is about to show the user does not, since it may have been in hiding.
    enum class For : quint8 { Reader, Showing };

    /// `done` with true when Redis knows what there is to know, or nobody does; with false when the
    /// archive does not say so, or not in time: then it is given to Redis when it comes.
    using Done = std::function<void(bool wasAsked)>;
    void recall(const UserId &user, For whom, Done done);

private:
    void ask(const UserId &user, For whom, int tries);
    void fetch(const UserId &user, For whom);
    void give(const UserId &user, std::vector<QByteArray> arguments, std::function<void()> done);
    void finish(const UserId &user, For whom, bool wasAsked);
    void found(const UserId &user, For whom, const std::optional<ArchivedUser> &known);

    const Store &m_store;
    UserTransitions &m_transitions;
    struct Waiting
    {
        quint64 number = 0;
        std::vector<Done> done;
    };
    QHash<QByteArray, Waiting> m_waiting; ///< by user and for whom
    quint64 m_recalls = 0;
    static constexpr int kMaxUnknown = 50'000;
    /// Users that the archive does not know, until it is asked again; on this shard.
    QCache<QByteArray, QDeadlineTimer> m_unknown;
};

} // namespace presence::rules
