// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/usersteps.h"

#include <functional>
#include <vector>

namespace presence::rules {

/// Gives Redis back what it does not know of a user and the archive does: one node asks for a user
/// at a time, and the others wait for it. Belongs to one thread.
class Recaller
{
public:
    Recaller(const Store &store, UserSteps &steps) : m_store(store), m_steps(steps) { }

    bool isPossible() const { return m_store.archive && m_store.archive->isAvailable(); }

    /// For whom the archive is asked. A reader believes for half a minute that it knows nothing;
    /// who is about to show the user does not, since it may have been in hiding.
    enum class For : quint8 { Reader, Showing };

    /// `done` when Redis knows what there is to know, or nobody does.
    void recall(const UserId &user, For whom, std::function<void()> done);

private:
    void ask(const UserId &user, For whom, int tries);
    void fetch(const UserId &user, For whom);
    void give(const UserId &user, std::vector<QByteArray> arguments, std::function<void()> done);
    void finish(const UserId &user, For whom);

    const Store &m_store;
    UserSteps &m_steps;
    QHash<QByteArray, std::vector<std::function<void()>>> m_waiting; ///< by user and for whom
};

} // namespace presence::rules
