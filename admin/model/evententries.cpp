// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/evententries.h"

#include <algorithm>
#include <chrono>

namespace presence::dashboard {

using namespace std::chrono_literals;

/// Between what is told of one change: in a cluster each workspace is a call of its own.
static constexpr auto kOneChange = 2s;

EventEntry::EventEntry(EventRow row) : event(std::move(row))
{
    if (!event.workspace.isEmpty())
        workspaces.push_back(event.workspace);
}

/// Of the user's last change, whether `entry` tells of it as well.
EventEntry *EventEntries::sameChange(const EventEntry &entry)
{
    const auto last = m_last.constFind(entry.event.user);
    if (last == m_last.cend())
        return nullptr;
    EventEntry &known = m_entries[*last - begin()];
    const EventRow &event = entry.event;
    // What is told again without a difference, as for the kinds of devices, says nothing new.
    const bool isSame
        = known.event.view == event.view && event.time - known.event.time <= kOneChange;
    return isSame ? &known : nullptr;
}

quint64 EventEntries::add(EventEntry entry)
{
    const UserId user = entry.event.user;
    if (entry.gapSince)
        m_last.clear();
    EventEntry *known = entry.hasStatus() ? sameChange(entry) : nullptr;
    if (known) {
        if (entry.event.kind == EventRow::Kind::Status)
            known->event.kind = EventRow::Kind::Status;
        for (WorkspaceId &workspace : entry.workspaces) {
            if (std::ranges::find(known->workspaces, workspace) == known->workspaces.end())
                known->workspaces.push_back(std::move(workspace));
        }
        return m_last.value(user);
    }
    if (entry.hasStatus())
        m_last.insert(user, m_end);
    m_entries.push_back(std::move(entry));
    return m_end++;
}

void EventEntries::trim(size_t most)
{
    while (m_entries.size() > most) {
        const auto last = m_last.constFind(m_entries.front().event.user);
        if (last != m_last.cend() && *last == begin())
            m_last.erase(last);
        m_entries.pop_front();
    }
}

void EventEntries::clear()
{
    m_entries.clear();
    m_last.clear();
}

} // namespace presence::dashboard
