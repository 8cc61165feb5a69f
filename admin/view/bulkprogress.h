// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/bulkaction.h"
#include "admin/view/messagebar.h"

namespace presence::dashboard {

/// `bar` says from now on how far `action` is, with a button that cancels it, and in the end what
/// became of each, with a button that copies all failures.
void tellOf(BulkAction &action, MessageBar &bar);

} // namespace presence::dashboard
