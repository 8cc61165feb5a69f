// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/pace.h"

#include <sys/timerfd.h>
#include <unistd.h>

namespace presence::bench {

// A QTimer counts in milliseconds, and so would what is measured.
Pace::Pace(int count, std::chrono::nanoseconds interval,
           std::function<void(int, Clock::time_point)> due)
    : m_count(count), m_interval(interval), m_due(std::move(due)),
      m_timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)), m_start(Clock::now()),
      m_notifier(m_timer, QSocketNotifier::Read)
{
    QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] { expired(); });
    constexpr qint64 kSecond = 1'000'000'000;
    const timespec time{interval.count() / kSecond, interval.count() % kSecond};
    const itimerspec both{time, time};
    ::timerfd_settime(m_timer, 0, &both, nullptr);
}

Pace::~Pace()
{
    ::close(m_timer);
}

void Pace::expired()
{
    quint64 times = 0;
    if (::read(m_timer, &times, sizeof times) != sizeof times)
        return;
    for (; times > 0 && m_next < m_count; --times) {
        const int number = m_next++;
        m_due(number, m_start + m_interval * (number + 1));
    }
    if (m_next == m_count)
        m_notifier.setEnabled(false);
}

} // namespace presence::bench
