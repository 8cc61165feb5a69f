// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <chrono>

namespace presence::transport {

/// So many things a second, with a burst. A pure value: time is an argument and never goes back.
class TokenBucket
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// `perSecond` 0 means without limit. The bucket starts full.
    TokenBucket(int perSecond, int burst, TimePoint now)
        : m_last(now), m_tokens(static_cast<float>(burst)), m_perSecond(perSecond), m_burst(burst)
    {
    }

    /// False when the rate is exceeded. `cost` is at most the burst.
    bool take(TimePoint now, int cost = 1)
    {
        if (m_perSecond == 0)
            return true;
        const std::chrono::duration<float> passed = now - m_last;
        m_last = now;
        const float refilled = m_tokens + passed.count() * static_cast<float>(m_perSecond);
        m_tokens = std::min(static_cast<float>(m_burst), refilled);
        const auto price = static_cast<float>(cost);
        if (m_tokens < price)
            return false;
        m_tokens -= price;
        return true;
    }

private:
    TimePoint m_last;
    float m_tokens;
    int m_perSecond;
    int m_burst;
};

} // namespace presence::transport
