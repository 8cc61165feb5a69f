// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/events.h"
#include "server/presence/session.h"

namespace presence::channels {

/// `session` holds that the user hides, as it has said since Redis lost it: `state` of a user that
/// is not confirmed. Should Redis lose that as well, the rest is as the session held it before, or
/// others have to say it: then hasHeard().
void holdHiding(rules::Session &session, const bus::ControlEvent &state);

/// It holds nothing but what the user has said since Redis lost it.
bool hasHeard(const rules::Session &session);

} // namespace presence::channels
