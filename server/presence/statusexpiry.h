// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/index.h"
#include "server/presence/usersteps.h"

namespace presence::rules {

/// Reverts statuses whose clear_after is over. Any node may do it, also several at once: the
/// user's script decides, and publishes once. Belongs to one thread.
class StatusExpiry
{
public:
    explicit StatusExpiry(const Store &store);
    void sweep();

private:
    const Store &m_store;
    UserSteps m_steps;
    Index m_index;
};

} // namespace presence::rules
