// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/broadcast.h"

namespace presence::hub {

class Topic;

/// Somebody who joined a topic. Leaves it before it goes. Neither call may join or leave topics
/// from within.
class Receiver
{
public:
    virtual ~Receiver() = default;
    /// On whose behalf Redis is read for it; those of one owner wait for each other.
    virtual QByteArray owner() const { return {}; }
    /// The topic is true from now on, and what changes is delivered: once for each join, perhaps
    /// from within it. `state` is what the receiver begins with, JSON.
    virtual void subscribed(const Topic &topic, const QByteArray &state) = 0;
    virtual void deliver(const Broadcast &broadcast) = 0;
};

} // namespace presence::hub
