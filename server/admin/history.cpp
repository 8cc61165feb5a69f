// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/history.h"

#include <algorithm>
#include <array>
#include <vector>

namespace presence::admin {

using namespace std::chrono_literals;

static constexpr double kStormFactor = 5;
static constexpr double kLeastStorm = 50; ///< joins a second
static constexpr std::chrono::milliseconds kEnoughHistory = 5min; ///< before something is unusual

Figures since(const Figures &last, Figures now)
{
    const std::chrono::duration<double> seconds = now.time - last.time;
    // A version before this one records no totals; and Redis may have lost them.
    const auto isLess
        = [&](qint64 Totals::*counted) { return now.totals.*counted < last.totals.*counted; };
    if (last.totals == Totals() || seconds.count() <= 0 || seconds > 3 * kHistoryInterval
        || isLess(&Totals::joins) || isLess(&Totals::events) || isLess(&Totals::deliveries)
        || isLess(&Totals::messages))
        return now;
    const auto set = [&](double Figures::*rate, qint64 Totals::*counted, double Rates::*member) {
        now.*rate = double(now.totals.*counted - last.totals.*counted) / seconds.count();
        // A node that is gone has taken its peak with it, and one that is new was none before.
        now.peak.*member = std::max(now.peak.*member, now.*rate);
        if (now.least)
            (*now.least).*member = std::min((*now.least).*member, now.*rate);
    };
    set(&Figures::joins, &Totals::joins, &Rates::joins);
    set(&Figures::events, &Totals::events, &Rates::events);
    set(&Figures::deliveries, &Totals::deliveries, &Rates::deliveries);
    set(&Figures::messages, &Totals::messages, &Rates::messages);
    return now;
}

/// Which two minutes of all.
static qint64 indexOf(Milliseconds time)
{
    return time.time_since_epoch() / kDayInterval;
}

std::optional<Summary> daySummary(std::span<const Figures> hour, Milliseconds now,
                                  Milliseconds told)
{
    const qint64 index = indexOf(now) - 1;
    const Milliseconds end((index + 1) * kDayInterval);
    if (told >= end && told <= now)
        return std::nullopt;
    std::vector<Summary> parts;
    for (const Figures &figures : hour) {
        if (indexOf(figures.time) == index)
            parts.push_back(toSummary(figures));
    }
    if (parts.empty())
        return std::nullopt;
    Summary summary = merged(parts);
    summary.time = end;
    return summary;
}

std::optional<Storm> stormIn(const Figures &oldest, const Figures &last, const Figures &now)
{
    const std::chrono::duration<double> hour = last.time - oldest.time;
    const qint64 counted = last.totals.joins - oldest.totals.joins;
    // Recorded by, or beside, a version that does not add to the totals.
    if (!oldest.least || !last.least)
        return std::nullopt;
    if (hour < kEnoughHistory || counted < 0)
        return std::nullopt;
    const Storm storm{now.joins, double(counted) / hour.count()};
    if (storm.joins < kLeastStorm || storm.joins < kStormFactor * storm.usual)
        return std::nullopt;
    return storm;
}

bool isStormTold(Milliseconds until, Milliseconds now)
{
    // Further ahead than that it was told by a clock that was set back since.
    return until >= now && until <= now + kStormPause;
}

} // namespace presence::admin
