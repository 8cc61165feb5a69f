// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/rosterstate.h"

namespace presence::hub {

void RosterState::set(const UserId &user, const QByteArray &meta)
{
    m_pending.insert(user, meta);
}

void RosterState::begin(const QHash<UserId, QByteArray> &metas)
{
    m_shown = metas;
    m_pending.clear();
}

void RosterState::replace(const QHash<UserId, QByteArray> &metas, Absent absent)
{
    m_pending.clear();
    for (auto it = m_shown.cbegin(); it != m_shown.cend(); ++it) {
        if (absent == Absent::Left && !metas.contains(it.key()))
            m_pending.insert(it.key(), {});
    }
    for (auto it = metas.cbegin(); it != metas.cend(); ++it) {
        if (m_shown.value(it.key()) != it.value())
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
    for (auto it = m_pending.cbegin(); it != m_pending.cend(); ++it) {
        const QByteArray before = m_shown.value(it.key());
        if (isSame(before, it.value()))
            continue;
        changes.append({it.key(), before, it.value()});
        if (it.value().isEmpty())
            m_shown.remove(it.key());
        else
            m_shown.insert(it.key(), it.value());
    }
    m_pending.clear();
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

QByteArray toState(const QHash<UserId, QByteArray> &metas)
{
    QByteArray state("{");
    for (auto it = metas.cbegin(); it != metas.cend(); ++it)
        appendEntry(state, it.key(), it.value());
    return state.append('}');
}

} // namespace presence::hub
