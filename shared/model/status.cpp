// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/model/status.h"

#include <algorithm>
#include <array>

namespace presence {

using namespace Qt::StringLiterals;

static constexpr std::array kNames{"online"_L1, "away"_L1, "busy"_L1, "offline"_L1, "invisible"_L1};

QLatin1StringView toName(Status status)
{
    return kNames[static_cast<size_t>(status)];
}

std::optional<Status> statusFromName(QByteArrayView name)
{
    const auto found = std::find(kNames.begin(), kNames.end(), QLatin1StringView(name));
    if (found == kNames.end())
        return std::nullopt;
    return static_cast<Status>(found - kNames.begin());
}

} // namespace presence
