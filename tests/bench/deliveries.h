// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/window.h"

#include <chrono>
#include <vector>

namespace presence::bench {

/// One round of fan-out: messages that each reach every receiver, so many under way at a time.
class Deliveries
{
public:
    struct Plan
    {
        int messages = 0;
        int receivers = 0;
        int inFlight = 0;
    };
    struct Figures
    {
        std::chrono::nanoseconds wall{0}; ///< from the first send to the last delivery
        std::chrono::microseconds median{0}; ///< from a message's send to a delivery of it
        std::chrono::microseconds worst1Percent{0}; ///< the 99th percentile of that
    };

    /// `send` sends the message of that number, 0 to messages - 1.
    Deliveries(Plan plan, std::function<void(int)> send);

    /// Runs the event loop until everything was delivered. False when that came to a halt.
    bool run();

    /// One receiver has got `message`.
    void delivered(int message);

    /// After run(). Sorts what it keeps.
    Figures figures();

private:
    using Clock = std::chrono::steady_clock;

    Plan m_plan;
    std::function<void(int)> m_send;
    Window m_window;
    std::vector<Clock::time_point> m_sentAt; ///< by message
    std::vector<int> m_missing; ///< receivers, by message
    std::vector<quint32> m_latencies; ///< us, one a delivery
    std::chrono::nanoseconds m_wall{0};
};

} // namespace presence::bench
