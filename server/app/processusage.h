// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

#include <chrono>

namespace presence::app {

/// What this process takes of the machine.
struct ProcessUsage
{
    qint64 memory = 0; ///< bytes resident
    std::chrono::microseconds processor{0}; ///< since it started
};

ProcessUsage processUsage();

} // namespace presence::app
