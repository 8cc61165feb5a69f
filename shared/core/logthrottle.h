// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace presence {

/// Whether what `text` says is to be logged: not when it was within the last 10 s, by whichever
/// thread. Several connections meet the same fault, and a full server refuses thousands of changes
/// a second. How often it was not logged is said once those are over, if that was often, and each
/// 10 s while it goes on: "<text> again count=37".
bool mayLog(const QString &text);

} // namespace presence
