// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtGlobal>

namespace presence::app {

/// Bytes that the process may use when nobody says: four fifths of what its control group may, or
/// of what the machine has. 0 when neither is known.
qint64 defaultMemoryBudget();

/// Has the allocator give back to the system what is free.
void releaseFreeMemory();

} // namespace presence::app
