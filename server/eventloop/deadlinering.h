// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/deadline.h"

#include <array>
#include <chrono>

namespace presence::eventloop {

/// The deadlines of a DeadlineWheel, sorted into slots by the tick at which they pass.
///
/// A data structure without a clock: the time is an argument, and never goes backwards from call
/// to call. Arming and cancelling are O(1); a tick visits one slot, and of what lies there skips
/// what passes in a later turn. Owns no deadline: destroying it leaves them unarmed.
class DeadlineRing
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Milliseconds = std::chrono::milliseconds;

    static constexpr qint64 kSlots = 512; ///< a turn is this many ticks

    explicit DeadlineRing(Milliseconds tick);
    ~DeadlineRing();
    Q_DISABLE_COPY_MOVE(DeadlineRing)

    /// Has `entry` expire at the first tick that is not before `now` + `delay`, and is still to
    /// come. Armed already, it is moved.
    void arm(Deadline &entry, Milliseconds delay, TimePoint now);

    /// Calls every deadline that has passed at `now`, tick by tick; after a pause of more than a
    /// turn, in no certain order.
    void advance(TimePoint now);

    bool isEmpty() const { return m_armed == 0; }

    /// From `now` to the next tick, rounded up: 1 ms at least.
    Milliseconds untilNextTick(TimePoint now) const;

private:
    friend class Deadline;

    DeadlineLink &slotOf(qint64 tick) { return m_slots[size_t(tick % kSlots)]; }
    void cancel(Deadline &entry);
    void expire(DeadlineLink &slot);

    const Milliseconds m_tickLength;
    qint64 m_tick = 0; ///< up to which everything has been called; counted from the clock's epoch
    qsizetype m_armed = 0;
    std::array<DeadlineLink, kSlots> m_slots; ///< heads of circular lists
};

} // namespace presence::eventloop
