// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <chrono>

namespace presence::admin {

/// How far back the figures of the cluster are kept, and how close together.
inline constexpr std::chrono::milliseconds kHistoryInterval = std::chrono::seconds(10);
inline constexpr int kHistoryLength = 360; ///< an hour

} // namespace presence::admin
