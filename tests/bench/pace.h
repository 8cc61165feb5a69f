// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QSocketNotifier>

#include <chrono>
#include <functional>

namespace presence::bench {

/// An open loop: calls at fixed times, however long anything takes. Lives on one thread.
class Pace
{
public:
    using Clock = std::chrono::steady_clock;

    /// Calls `due` with 0 to `count` - 1 and the time it was due at, the first after one
    /// `interval`.
    Pace(int count, std::chrono::nanoseconds interval,
         std::function<void(int, Clock::time_point)> due);
    ~Pace();
    Q_DISABLE_COPY_MOVE(Pace)

private:
    void expired();

    int m_count;
    std::chrono::nanoseconds m_interval;
    std::function<void(int, Clock::time_point)> m_due;
    int m_timer;
    Clock::time_point m_start;
    int m_next = 0;
    QSocketNotifier m_notifier;
};

} // namespace presence::bench
