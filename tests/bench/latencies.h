// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <algorithm>
#include <chrono>
#include <vector>

namespace presence::bench {

/// Times that something took, one each.
class Latencies
{
public:
    using Clock = std::chrono::steady_clock;

    void reserve(size_t count) { m_all.reserve(count); }
    void add(Clock::duration time)
    {
        using std::chrono::duration_cast, std::chrono::microseconds;
        m_all.push_back(static_cast<quint32>(duration_cast<microseconds>(time).count()));
    }

    void add(const Latencies &others)
    {
        m_all.insert(m_all.end(), others.m_all.begin(), others.m_all.end());
    }

    /// Milliseconds that so many per cent do not exceed; 0 when there are none.
    double percentile(size_t percent)
    {
        if (m_all.empty())
            return 0;
        const auto at = static_cast<qsizetype>((m_all.size() - 1) * percent / 100);
        std::nth_element(m_all.begin(), m_all.begin() + at, m_all.end());
        return m_all[static_cast<size_t>(at)] / 1000.0;
    }

private:
    std::vector<quint32> m_all; ///< us
};

} // namespace presence::bench
