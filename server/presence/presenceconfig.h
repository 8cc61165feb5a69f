// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <chrono>

namespace presence::rules {

/// The times of presence. Whole seconds, because scores in Redis are.
struct PresenceConfig
{
    /// Between two refreshes of a device whose WebSocket is open. Default 15 s.
    std::chrono::milliseconds heartbeatInterval{15'000};
    /// A device is live while its last heartbeat is younger. Default 60 s; more than two intervals.
    std::chrono::seconds presenceTtl{60};
    /// A user types for so long after each typing_start. Default 5 s.
    std::chrono::seconds typingTtl{5};
    /// A viewer that is not refreshed for so long leaves. Default 300 s; more than two intervals.
    std::chrono::seconds viewTtl{300};
    /// A device that comes back within this time was never gone. Default 5 s, 0 for none; less
    /// than presenceTtl.
    std::chrono::seconds offlineGrace{5};
    /// A device that was signed off is refused for so long when its token does not say since when
    /// it is valid. Default 60 s.
    std::chrono::seconds signOffHold{60};
    /// Between two looks for what is due.
    std::chrono::milliseconds sweepInterval{1000};
    /// Whether every change is published for other services, too.
    bool publishes = true;
    /// Whether some see only who is shown in their workspaces.
    bool isolates = false;
    /// Live devices a user may have.
    int maxDevices = 100;
    /// Entries that a change stream holds at most, about.
    qint64 streamCapacity = 1'000'000;
    /// After it every node has told Redis again what it lost.
    std::chrono::milliseconds collectingTime() const
    {
        return heartbeatInterval * 3 / 2 + std::chrono::seconds(1);
    }
};

} // namespace presence::rules
