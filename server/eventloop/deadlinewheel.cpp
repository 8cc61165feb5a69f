// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/deadlinewheel.h"

namespace presence::eventloop {

using std::chrono::steady_clock;

DeadlineWheel::DeadlineWheel(std::chrono::milliseconds tick, QObject *parent)
    : QObject(parent), m_ring(tick), m_timer(this)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &DeadlineWheel::tick);
}

void DeadlineWheel::arm(Deadline &entry, std::chrono::milliseconds delay)
{
    const auto now = steady_clock::now();
    m_ring.arm(entry, delay, now);
    if (!m_timer.isActive())
        scheduleTick(now);
}

void DeadlineWheel::tick()
{
    m_ring.advance(steady_clock::now());
    if (!m_ring.isEmpty())
        scheduleTick(steady_clock::now());
}

/// One shot at a time: a repeating timer would drift off the ticks when the loop is late.
void DeadlineWheel::scheduleTick(DeadlineRing::TimePoint now)
{
    m_timer.start(m_ring.untilNextTick(now));
}

} // namespace presence::eventloop
