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
    qint64 descriptors = 0; ///< open
    qint64 mostDescriptors = 0; ///< that it may have open
};

/// With `Descriptors::Count`, which takes 0.1 us each.
enum class Descriptors : quint8 { Leave, Count };
ProcessUsage processUsage(Descriptors descriptors = Descriptors::Leave);

} // namespace presence::app
