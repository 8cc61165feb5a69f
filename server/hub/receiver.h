// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/broadcast.h"

namespace presence::hub {

/// Somebody who joined a topic. Leaves it before it goes.
class Receiver
{
public:
    virtual ~Receiver() = default;
    /// Must not join or leave topics from within.
    virtual void deliver(const Broadcast &broadcast) = 0;
};

} // namespace presence::hub
