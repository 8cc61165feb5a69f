// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <chrono>

namespace presence::limits {

/// So many things in a time, and so many at once. A count of 0 means without limit.
struct Rate
{
    int count = 0;
    std::chrono::seconds per{1};
    int burst = 0;

    bool isUnlimited() const { return count == 0; }
    /// That one of them takes to come back.
    std::chrono::duration<double, std::nano> interval() const
    {
        return std::chrono::duration<double, std::nano>(per) / count;
    }

    /// `50/s burst=600`, `30/m burst=20`, or 0.
    static Result<Rate> parse(const QString &text);
    QString toString() const;
};

} // namespace presence::limits
