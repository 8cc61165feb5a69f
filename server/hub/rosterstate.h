// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/roster.h"

#include <vector>

namespace presence::hub {

/// What the receivers of a roster topic hold, and what they have to be told next. Pure: no
/// socket, no timer.
///
/// A new receiver gets shown(); everybody gets takeChanges() when the batching window ends, and
/// then holds the new shown(). So a snapshot and the diffs after it have no hole and no overlap.
class RosterState
{
public:
    struct Entry
    {
        UserId user;
        QByteArray meta;
    };
    /// By user. A sorted list: of few a hash takes twice as much, and most rosters are of few.
    using Entries = std::vector<Entry>;
    const Entries &shown() const { return m_shown; }
    QByteArray shown(const UserId &user) const; ///< its meta; empty: it is not there

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
    const Entry *find(const UserId &user) const;
    void insert(Entries come);

    Entries m_shown;
    QHash<UserId, QByteArray> m_pending;
};

/// {"joins":{…},"leaves":{…}} in the format of Phoenix Presence. `more` fields, each after a
/// comma, follow.
QByteArray toDiff(const QList<RosterState::Change> &changes, const QByteArray &more = {});

/// {user: {"metas":[meta]}, …} in the format of Phoenix Presence.
QByteArray toState(const RosterState::Entries &entries);

} // namespace presence::hub
