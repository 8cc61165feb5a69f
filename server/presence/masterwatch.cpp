// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/masterwatch.h"

namespace presence::rules {

void MasterWatch::look(std::chrono::milliseconds rest)
{
    const redis::SlotMap *map = m_redis.slotMap();
    if (!map)
        return;
    const auto before = std::exchange(m_rests, {});
    for (const QByteArray &route : m_redis.routes()) {
        const redis::Address &master = *map->masterOf(redis::slotOf(route));
        const auto known = before.find(master);
        const bool isNew = !before.empty() && known == before.end();
        const bool hasToRest = isNew || !m_redis.isReadyFor(route);
        m_rests[master] = hasToRest ? QDeadlineTimer(rest)
            : known == before.end() ? QDeadlineTimer(0)
                                    : known->second;
    }
}

MasterWatch::State MasterWatch::of(QByteArrayView key) const
{
    const redis::SlotMap *map = m_redis.slotMap();
    if (!map)
        return State::Settled;
    const redis::Address *master = map->masterOf(redis::slotOf(key));
    if (!master || !m_redis.isReadyFor(key))
        return State::Away;
    const auto known = m_rests.find(*master);
    return known != m_rests.end() && known->second.hasExpired() ? State::Settled : State::Resting;
}

} // namespace presence::rules
