// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/deadlinering.h"

#include <algorithm>

namespace presence::eventloop {

void DeadlineLink::linkBefore(DeadlineLink &other)
{
    previous = other.previous;
    next = &other;
    previous->next = this;
    other.previous = this;
}

void DeadlineLink::unlink()
{
    previous->next = next;
    next->previous = previous;
    previous = this;
    next = this;
}

void Deadline::cancel()
{
    if (m_ring)
        m_ring->cancel(*this);
}

DeadlineRing::DeadlineRing(Milliseconds tick) : m_tickLength(tick)
{
    Q_ASSERT(tick > Milliseconds(0));
}

DeadlineRing::~DeadlineRing()
{
    for (DeadlineLink &slot : m_slots) {
        while (!slot.isAlone())
            cancel(static_cast<Deadline &>(*slot.next));
    }
}

void DeadlineRing::arm(Deadline &entry, Milliseconds delay, TimePoint now)
{
    entry.cancel();
    if (isEmpty())
        m_tick = std::max<qint64>(m_tick, now.time_since_epoch() / m_tickLength);
    const auto due = std::chrono::ceil<Milliseconds>((now + delay).time_since_epoch());
    const qint64 tick = (due.count() + m_tickLength.count() - 1) / m_tickLength.count();
    entry.m_tick = std::max(tick, m_tick + 1);
    entry.m_ring = this;
    entry.linkBefore(slotOf(entry.m_tick));
    ++m_armed;
}

void DeadlineRing::cancel(Deadline &entry)
{
    entry.unlink();
    entry.m_ring = nullptr;
    --m_armed;
}

void DeadlineRing::advance(TimePoint now)
{
    const qint64 target = now.time_since_epoch() / m_tickLength;
    // After a long pause, once round visits everything.
    const qint64 first = std::max(m_tick + 1, target - kSlots + 1);
    m_tick = std::max(m_tick, target);
    for (qint64 tick = first; tick <= target; ++tick)
        expire(slotOf(tick));
}

void DeadlineRing::expire(DeadlineLink &slot)
{
    // The slot is emptied into a list of its own first: callbacks arm, cancel and destroy.
    DeadlineLink pending;
    if (slot.isAlone())
        return;
    pending.linkBefore(slot);
    slot.unlink();
    while (!pending.isAlone()) {
        auto &entry = static_cast<Deadline &>(*pending.next);
        if (entry.m_tick > m_tick) {
            entry.unlink();
            entry.linkBefore(slot);
            continue;
        }
        cancel(entry);
        // A copy, because the callback may destroy the entry it belongs to.
        const std::function<void()> expired = entry.m_expired;
        expired();
    }
}

DeadlineRing::Milliseconds DeadlineRing::untilNextTick(TimePoint now) const
{
    const auto next = m_tickLength * (now.time_since_epoch() / m_tickLength + 1);
    return std::chrono::ceil<Milliseconds>(next - now.time_since_epoch());
}

} // namespace presence::eventloop
