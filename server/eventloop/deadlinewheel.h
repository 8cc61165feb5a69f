// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/eventloop/deadlinering.h"

#include <QObject>
#include <QTimer>

#include <chrono>

namespace presence::eventloop {

/// Deadlines for tens of thousands of connections with one timer for all of them.
///
/// Coarse: a deadline never expires early, and at most one tick late plus whatever the event loop
/// is late. For waits of seconds, such as idle connections; not for pacing. Belongs to one thread.
/// The timer runs only while something is armed. Destroying the wheel leaves deadlines unarmed.
class DeadlineWheel : public QObject
{
    Q_OBJECT
public:
    /// `tick` must be positive; 100 ms and more keeps the wheel cheap.
    explicit DeadlineWheel(std::chrono::milliseconds tick, QObject *parent = nullptr);

    /// Has `entry` expire in `delay`; moves it when it is armed, on this wheel or another.
    void arm(Deadline &entry, std::chrono::milliseconds delay);

    /// Whether the timer runs.
    bool isTicking() const { return m_timer.isActive(); }

private:
    void tick();
    void scheduleTick(DeadlineRing::TimePoint now);

    DeadlineRing m_ring;
    QTimer m_timer;
};

} // namespace presence::eventloop
