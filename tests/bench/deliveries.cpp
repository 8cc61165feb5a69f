// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/deliveries.h"

#include "tests/bench/pace.h"

#include <optional>

namespace presence::bench {

Deliveries::Deliveries(Plan plan, std::function<void(int)> send)
    : m_plan(plan), m_send(std::move(send)),
      m_window(plan.messages, plan.interval.count() > 0 ? plan.messages : plan.inFlight,
               [this](int message) {
                   if (m_plan.interval.count() == 0)
                       this->send(message, Clock::now());
               }),
      m_sentAt(static_cast<size_t>(plan.messages)),
      m_missing(static_cast<size_t>(plan.messages), plan.receivers)
{
    m_latencies.reserve(static_cast<size_t>(count()));
}

bool Deliveries::run()
{
    const auto start = Clock::now();
    std::optional<Pace> pace;
    if (m_plan.interval.count() > 0)
        pace.emplace(m_plan.messages, m_plan.interval,
                     [this](int message, Clock::time_point due) { send(message, due); });
    const bool isComplete = m_window.run();
    m_wall = Clock::now() - start;
    return isComplete;
}

void Deliveries::send(int message, Clock::time_point due)
{
    m_sentAt[static_cast<size_t>(message)] = due;
    m_send(message);
}

void Deliveries::delivered(int message)
{
    if (message < 0 || message >= m_plan.messages)
        return;
    const auto index = static_cast<size_t>(message);
    m_latencies.add(Clock::now() - m_sentAt[index]);
    if (--m_missing[index] == 0)
        m_window.done();
}

} // namespace presence::bench
