// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/latencies.h"
#include "tests/bench/window.h"

namespace presence::bench {

/// A round of messages that each reach every receiver.
class Deliveries
{
public:
    struct Plan
    {
        int messages = 0;
        int receivers = 0;
        int inFlight = 0; ///< at a time; with an interval: as many as come
        std::chrono::nanoseconds interval{0}; ///< of an open loop; 0: each after another's end
    };

    /// `send` sends the message of that number, 0 to messages - 1.
    Deliveries(Plan plan, std::function<void(int)> send);

    /// Runs the event loop until everything was delivered. False when that came to a halt.
    bool run();

    /// One receiver has got `message`.
    void delivered(int message);

    double count() const { return static_cast<double>(m_plan.messages) * m_plan.receivers; }
    Latencies::Clock::duration wall() const { return m_wall; }
    /// From when a message was sent, or due, to each delivery of it.
    Latencies &latencies() { return m_latencies; }

private:
    using Clock = Latencies::Clock;

    void send(int message, Clock::time_point due);

    Plan m_plan;
    std::function<void(int)> m_send;
    Window m_window;
    std::vector<Clock::time_point> m_sentAt; ///< by message
    std::vector<int> m_missing; ///< receivers, by message
    Latencies m_latencies;
    Clock::duration m_wall{0};
};

} // namespace presence::bench
