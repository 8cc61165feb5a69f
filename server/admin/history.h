// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/summary.h"

#include <optional>
#include <span>

namespace presence::admin {

/// How far back the figures of the cluster are kept, and how close together.
inline constexpr std::chrono::milliseconds kHistoryInterval = std::chrono::seconds(10);
inline constexpr int kHistoryLength = 360; ///< an hour
inline constexpr std::chrono::milliseconds kDayInterval = std::chrono::minutes(2);
inline constexpr int kDayLength = 720; ///< a day
/// Records of the hour that the two minutes which are over last may have, with those since.
inline constexpr int kDayReach = 2 * kDayInterval / kHistoryInterval;

/// What `now`, which was just read, is to be recorded as, after `last`: rates are what was counted
/// between them, whichever node recorded the last. Where they are too far apart, or `last` has no
/// totals, that says nothing of a second: then the rates are those of the last one.
Figures since(const Figures &last, Figures now);

/// Of the two minutes that are over last when `now` is recorded, from the newest of the hour, the
/// oldest first; nothing if they were told already, the last of these being `told`, or if nothing
/// was recorded in them. One that is later than `now` was told by a clock that was set back since.
std::optional<Summary> daySummary(std::span<const Figures> hour, Milliseconds now,
                                  Milliseconds told);

struct Storm
{
    double joins = 0; ///< a second
    double usual = 0;
};
/// Joins that are 5 times as many a second as in the hour before, which is from `oldest` to `last`,
/// and 50 a second at least; nothing else, and nothing in the first five minutes of a history, nor
/// where one of the two has no totals of all nodes.
std::optional<Storm> stormIn(const Figures &oldest, const Figures &last, const Figures &now);

/// A storm that goes on for less is no other one.
inline constexpr std::chrono::milliseconds kStormPause = std::chrono::seconds(60);
/// It was told that there is one, `until` being kStormPause after it was last.
bool isStormTold(Milliseconds until, Milliseconds now);

} // namespace presence::admin
