// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <optional>
#include <vector>

namespace presence::dashboard {

/// For how long others saw the same.
struct TimelineSpan
{
    Seconds from{};
    Seconds till{};
    std::optional<Status> status; ///< nothing: not known
    std::optional<size_t>
        change; ///< index of the one that it began with, which may be before `from`
    friend bool operator==(const TimelineSpan &, const TimelineSpan &) = default;
};

/// What others saw between two moments, the oldest first and without a gap; the last is what they
/// see at the end, since then perhaps. `changes`: the newest first. Of what was before the first of
/// them nothing is known.
std::vector<TimelineSpan> timelineOf(const std::vector<ChangeRow> &changes, Seconds from,
                                     Seconds till);

} // namespace presence::dashboard
