// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

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
        refill(now);
        const auto price = static_cast<float>(cost);
        if (m_tokens < price)
            return false;
        m_tokens -= price;
        return true;
    }

    /// Takes also what is not there. It is owed, and paid before there is something to take again.
    void spend(TimePoint now)
    {
        if (m_perSecond == 0)
            return;
        refill(now);
        m_tokens -= 1;
    }

    /// What there was when something was taken last; a lot without a limit.
    size_t left() const
    {
        return m_perSecond == 0 ? std::numeric_limits<int>::max()
                                : static_cast<size_t>(std::max(0.0F, m_tokens));
    }

    /// How long it takes until nothing is owed: 0 when nothing is.
    std::chrono::milliseconds owed() const
    {
        if (m_tokens >= 0)
            return std::chrono::milliseconds(0);
        return std::chrono::ceil<std::chrono::milliseconds>(
            std::chrono::duration<float>(-m_tokens / static_cast<float>(m_perSecond)));
    }

private:
    void refill(TimePoint now)
    {
        const std::chrono::duration<float> passed = now - m_last;
        m_last = now;
        const float refilled = m_tokens + passed.count() * static_cast<float>(m_perSecond);
        m_tokens = std::min(static_cast<float>(m_burst), refilled);
    }

    TimePoint m_last;
    float m_tokens;
    int m_perSecond;
    int m_burst;
};

} // namespace presence::transport
