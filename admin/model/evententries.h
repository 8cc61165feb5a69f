// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <QHash>

#include <deque>
#include <optional>

namespace presence::dashboard {

/// An event, or since when nobody listened until it.
struct EventEntry
{
    EventRow event; ///< a change of a status is of kind Status, wherever else it was told
    std::vector<WorkspaceId> workspaces{}; ///< where it was told
    std::optional<Milliseconds> gapSince{};
    bool isPartial = false; ///< of the gap: what was chosen then was listened to

    EventEntry() = default;
    explicit EventEntry(EventRow row);

    bool hasStatus() const
    {
        return !gapSince
            && (event.kind == EventRow::Kind::Status || event.kind == EventRow::Kind::Workspace);
    }
};

/// What has happened, each change once: a status that others see, and what its user's workspaces
/// are told of it, come as events of their own, in any order.
class EventEntries
{
public:
    /// The number of the entry that it has become, or has become part of. The newest has the
    /// highest.
    quint64 add(EventEntry entry);
    /// Forgets the oldest but for the `most` newest.
    void trim(size_t most);
    void clear();

    size_t size() const { return m_entries.size(); }
    bool isEmpty() const { return m_entries.empty(); }
    /// Numbers go from begin() to before end().
    quint64 begin() const { return m_end - m_entries.size(); }
    quint64 end() const { return m_end; }
    const EventEntry &at(quint64 number) const { return m_entries[number - begin()]; }

private:
    EventEntry *sameChange(const EventEntry &entry);

    std::deque<EventEntry> m_entries; ///< the oldest first
    quint64 m_end = 0;
    QHash<UserId, quint64> m_last; ///< of each user, the number of the last change of its status
};

} // namespace presence::dashboard
