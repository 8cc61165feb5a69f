// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/http/apirequest.h"
#include "server/presence/pacedreads.h"

namespace presence::http {

/// Calls `then`, at once or later, unless the caller is isolated from `user`: that is answered 404,
/// as for one who was never there.
void ifSeen(rules::PacedReads &reads, const ApiRequest &request, const UserId &user,
            const Answer &answer, std::function<void()> then);

} // namespace presence::http
