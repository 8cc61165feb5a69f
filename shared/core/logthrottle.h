// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace presence {

/// Whether `text` is to be logged: not when it was about to be within the last 10 s, by whichever
/// thread. Several connections meet the same fault, and a full server refuses thousands of changes
/// a second.
bool mayLog(const QString &text);

} // namespace presence
