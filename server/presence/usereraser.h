// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/usertransitions.h"

#include <chrono>

namespace presence::rules {

/// Forgets a user: signs off all its devices and takes it out of every key. Its connections, which
/// are told to close, do not bring it back, however late they hear of it; who comes anew is new.
/// Belongs to one thread.
class UserEraser
{
public:
    explicit UserEraser(const Store &store) : m_store(store), m_transitions(store) { }

    /// `done` gets the moment, since the epoch by Redis' clock, up to which nothing is known of the
    /// user. ErrorCode::Unavailable: part of it may be.
    void erase(const UserId &user, Callback<std::chrono::milliseconds> done);

    /// Whether changes are kept for an archive, which this node may not have.
    bool isArchived() const { return m_store.changes && m_store.changes->isConsumed(); }

private:
    void forget(const UserId &user, Callback<std::chrono::milliseconds> done);
    void forgetElsewhere(const UserId &user, std::chrono::milliseconds at,
                         Callback<std::chrono::milliseconds> done);

    const Store &m_store;
    UserTransitions m_transitions;
};

} // namespace presence::rules
