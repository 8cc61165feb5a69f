// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/rate.h"

#include <QtGlobal>

#include <algorithm>
#include <atomic>
#include <limits>

namespace presence::limits {

/// What is left of a Rate: a bucket of tokens, as the time at which it is full again (GCRA). It
/// starts full. Safe for all threads; time is an argument, and the rate is the same in all calls.
class Budget
{
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Milliseconds = std::chrono::milliseconds;

    /// False, and nothing is taken, when there is less than `cost`. More than the burst costs the
    /// whole burst.
    bool take(const Rate &rate, TimePoint now, double cost = 1)
    {
        if (rate.isUnlimited())
            return true;
        const qint64 latest = toNumber(now) + toTime(rate, rate.burst);
        const qint64 price = toTime(rate, std::min<double>(cost, rate.burst));
        qint64 full = m_full.load(std::memory_order_relaxed);
        while (true) {
            const qint64 next = std::max(full, toNumber(now)) + price;
            if (next > latest)
                return false;
            if (m_full.compare_exchange_weak(full, next, std::memory_order_relaxed))
                return true;
        }
    }

    /// Takes also what is not there. It is owed, and paid before there is something to take again.
    void spend(const Rate &rate, TimePoint now, double cost = 1)
    {
        if (rate.isUnlimited())
            return;
        qint64 full = m_full.load(std::memory_order_relaxed);
        while (!m_full.compare_exchange_weak(
            full, std::max(full, toNumber(now)) + toTime(rate, cost), std::memory_order_relaxed)) {
        }
    }

    /// What there is; a lot without a limit.
    size_t left(const Rate &rate, TimePoint now) const
    {
        if (rate.isUnlimited())
            return std::numeric_limits<int>::max();
        const double used = static_cast<double>(untilFull(now)) / rate.interval().count();
        return static_cast<size_t>(std::max(0.0, rate.burst - used));
    }

    /// How long it takes until nothing is owed: 0 when nothing is.
    Milliseconds owed(const Rate &rate, TimePoint now) const { return until(rate, now, 0); }

    /// How long it takes until `cost` can be taken.
    Milliseconds until(const Rate &rate, TimePoint now, double cost) const
    {
        if (rate.isUnlimited())
            return Milliseconds(0);
        const double room = std::max(0.0, rate.burst - cost);
        const std::chrono::nanoseconds left(untilFull(now) - toTime(rate, room));
        return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(left));
    }

    /// Nothing was taken that has not come back.
    bool isFull(TimePoint now) const { return untilFull(now) == 0; }

private:
    static qint64 toNumber(TimePoint now)
    {
        return std::chrono::nanoseconds(now.time_since_epoch()).count();
    }
    static qint64 toTime(const Rate &rate, double count)
    {
        return static_cast<qint64>(rate.interval().count() * count);
    }
    qint64 untilFull(TimePoint now) const
    {
        return std::max<qint64>(0, m_full.load(std::memory_order_relaxed) - toNumber(now));
    }

    std::atomic<qint64> m_full = 0; ///< ns of the steady clock
};

} // namespace presence::limits
