// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/roster.h"

#include <optional>

namespace presence::hub {

/// What the receivers of a roster topic hold, and what they have to be told next. Pure: no
/// socket, no timer.
///
/// A new receiver gets shown(); everybody gets takeChanges() when the batching window ends, and
/// then holds the new shown(). So a snapshot and the diffs after it have no hole and no overlap.
class RosterState
{
public:
    const QHash<UserId, QByteArray> &shown() const { return m_shown; }

    /// Notes that `user` has `meta` now; empty: is gone.
    void set(const UserId &user, const QByteArray &meta);

    /// What is shown first. Nobody has been told of it, so there are no changes.
    void begin(const QHash<UserId, QByteArray> &metas);

    /// Whether who is not in a roster has left, or may be there all the same.
    enum class Absent : quint8 { Left, Unknown };
    /// Notes everything that differs in `metas`.
    void replace(const QHash<UserId, QByteArray> &metas, Absent absent = Absent::Left);

    bool hasChanges() const { return !m_pending.isEmpty(); }

    struct Change
    {
        UserId user;
        QByteArray before; ///< meta; empty: was not there
        QByteArray after; ///< meta; empty: is gone
    };
    /// The changes since the last call, one a user; those that came to nothing are left out.
    QList<Change> takeChanges();

private:
    QHash<UserId, QByteArray> m_shown;
    QHash<UserId, QByteArray> m_pending;
};

/// {"joins":{…},"leaves":{…}} in the format of Phoenix Presence. `more` fields, each after a
/// comma, follow.
QByteArray toDiff(const QList<RosterState::Change> &changes, const QByteArray &more = {});

/// {user: {"metas":[meta]}, …} in the format of Phoenix Presence.
QByteArray toState(const QHash<UserId, QByteArray> &metas);

} // namespace presence::hub
