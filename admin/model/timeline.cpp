// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/timeline.h"

#include <algorithm>

namespace presence::dashboard {

std::vector<TimelineSpan> timelineOf(const std::vector<ChangeRow> &changes, Seconds from,
                                     Seconds till)
{
    std::vector<TimelineSpan> spans;
    TimelineSpan last{.from = from, .till = till, .status = {}, .change = {}};
    for (size_t i = changes.size(); i-- > 0;) {
        const ChangeRow &change = changes[i];
        const Seconds at = std::clamp(change.at, from, till);
        if (at > last.from) {
            last.till = at;
            spans.push_back(last);
        }
        last = {.from = at, .till = till, .status = change.seen, .change = i};
    }
    spans.push_back(last);
    return spans;
}

} // namespace presence::dashboard
