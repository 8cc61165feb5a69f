// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/rosterstate.h"

#include <algorithm>
#include <iterator>

namespace presence::hub {

void RosterState::set(const UserId &user, const QByteArray &meta)
{
    m_pending.insert(user, meta);
}

const RosterState::Entry *RosterState::find(const UserId &user) const
{
    const auto found = std::ranges::lower_bound(m_shown, user, {}, &Entry::user);
    return found != m_shown.end() && found->user == user ? &*found : nullptr;
}

QByteArray RosterState::shown(const UserId &user) const
{
    const Entry *found = find(user);
    return found ? found->meta : QByteArray();
}

void RosterState::begin(const QHash<UserId, QByteArray> &metas)
{
    Entries all;
    all.reserve(static_cast<size_t>(metas.size()));
    for (auto it = metas.cbegin(); it != metas.cend(); ++it)
        all.push_back({it.key(), it.value()});
    m_shown.clear();
    insert(std::move(all));
    m_pending.clear();
}

/// Users who were not there: of however many in one pass over the list.
void RosterState::insert(Entries come)
{
    std::ranges::sort(come, {}, &Entry::user);
    const auto before = static_cast<Entries::difference_type>(m_shown.size());
    m_shown.reserve(m_shown.size() + come.size());
    std::ranges::move(come, std::back_inserter(m_shown));
    std::ranges::inplace_merge(m_shown, m_shown.begin() + before, {}, &Entry::user);
}

void RosterState::replace(const QHash<UserId, QByteArray> &metas, Absent absent)
{
    m_pending.clear();
    for (const Entry &entry : m_shown) {
        if (absent == Absent::Left && !metas.contains(entry.user))
            m_pending.insert(entry.user, {});
    }
    for (auto it = metas.cbegin(); it != metas.cend(); ++it) {
        if (shown(it.key()) != it.value())
            m_pending.insert(it.key(), it.value());
    }
}

/// Both of one phx_ref. Clients tell metas apart by it, so what Redis has lost and got back is the
/// same as before, though it is there since another time.
static bool isSame(QByteArrayView meta, QByteArrayView other)
{
    constexpr QByteArrayView kRef("{\"phx_ref\":\"");
    const qsizetype end = meta.indexOf('"', kRef.size());
    return meta == other
        || (meta.startsWith(kRef) && end > 0 && other.startsWith(meta.first(end + 1)));
}

QList<RosterState::Change> RosterState::takeChanges()
{
    QList<Change> changes;
    Entries come;
    bool hasLeft = false;
    for (auto it = m_pending.cbegin(); it != m_pending.cend(); ++it) {
        const auto *known = find(it.key());
        const QByteArray before = known ? known->meta : QByteArray();
        if (isSame(before, it.value()))
            continue;
        changes.append({it.key(), before, it.value()});
        if (known)
            m_shown[static_cast<size_t>(known - m_shown.data())].meta = it.value();
        else
            come.push_back({it.key(), it.value()});
        hasLeft = hasLeft || it.value().isEmpty();
    }
    m_pending.clear();
    if (hasLeft)
        std::erase_if(m_shown, [](const Entry &entry) { return entry.meta.isEmpty(); });
    if (!come.empty())
        insert(std::move(come));
    return changes;
}

static void appendEntry(QByteArray &object, const UserId &user, const QByteArray &meta)
{
    // Identifiers need no escaping in JSON.
    if (!object.endsWith('{'))
        object.append(',');
    object.append('"').append(user.bytes()).append("\":{\"metas\":[").append(meta).append("]}");
}

QByteArray toDiff(const QList<RosterState::Change> &changes, const QByteArray &more)
{
    QByteArray joins("{\"joins\":{");
    QByteArray leaves("{");
    for (const RosterState::Change &change : changes) {
        if (!change.after.isEmpty())
            appendEntry(joins, change.user, change.after);
        if (!change.before.isEmpty())
            appendEntry(leaves, change.user, change.before);
    }
    return joins.append("},\"leaves\":").append(leaves).append('}').append(more).append('}');
}

QByteArray toState(const RosterState::Entries &entries)
{
    QByteArray state("{");
    for (const auto &[user, meta] : entries)
        appendEntry(state, user, meta);
    return state.append('}');
}

} // namespace presence::hub
