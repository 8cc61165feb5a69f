// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/deliveries.h"

#include <algorithm>

namespace presence::bench {

using std::chrono::microseconds;

Deliveries::Deliveries(Plan plan, std::function<void(int)> send)
    : m_plan(plan), m_send(std::move(send)),
      m_window(plan.messages, plan.inFlight,
               [this](int message) {
                   m_sentAt[static_cast<size_t>(message)] = Clock::now();
                   m_send(message);
               }),
      m_sentAt(static_cast<size_t>(plan.messages)),
      m_missing(static_cast<size_t>(plan.messages), plan.receivers)
{
    m_latencies.reserve(static_cast<size_t>(plan.messages) * static_cast<size_t>(plan.receivers));
}

bool Deliveries::run()
{
    const auto start = Clock::now();
    const bool isComplete = m_window.run();
    m_wall = Clock::now() - start;
    return isComplete;
}

void Deliveries::delivered(int message)
{
    if (message < 0 || message >= m_plan.messages)
        return;
    const auto index = static_cast<size_t>(message);
    const auto latency = std::chrono::duration_cast<microseconds>(Clock::now() - m_sentAt[index]);
    m_latencies.push_back(static_cast<quint32>(latency.count()));
    if (--m_missing[index] == 0)
        m_window.done();
}

Deliveries::Figures Deliveries::figures()
{
    if (m_latencies.empty())
        return {};
    std::sort(m_latencies.begin(), m_latencies.end());
    const auto at = [this](size_t percent) {
        return microseconds(m_latencies[(m_latencies.size() - 1) * percent / 100]);
    };
    return {.wall = m_wall, .median = at(50), .worst1Percent = at(99)};
}

} // namespace presence::bench
