// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/bulkaction.h"

#include <QWidget>

namespace presence::dashboard {

/// A bar of the window of `page` says from now on how far `action` is, with a button that cancels
/// it, and in the end what became of each, with a button that copies what was not done.
void tellOf(BulkAction &action, const QWidget &page);

} // namespace presence::dashboard
