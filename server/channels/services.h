// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/adminservice.h"
#include "server/auth/jwt.h"
#include "server/eventloop/deadlinewheel.h"
#include "server/hub/hub.h"
#include "server/metrics/metrics.h"
#include "server/presence/heartbeatscheduler.h"
#include "server/presence/pacedreads.h"
#include "server/presence/typingtracker.h"

namespace presence::channels {

/// What the channels of a shard work with. All of it outlives every socket, on the same thread.
struct Services
{
    rules::PresenceTracker &tracker;
    rules::TypingTracker &typing;
    rules::ChannelPresence &viewers;
    rules::HeartbeatScheduler &heartbeats;
    hub::Hub &hub;
    eventloop::DeadlineWheel &deadlines;
    metrics::Metrics &metrics;
    admin::AdminService &adminService;
    std::chrono::milliseconds drainSpread; ///< over which a draining node closes its sockets
    QByteArray nodeTag; ///< as redis::KeySpace::nodeTag()
    rules::PacedReads &reads; ///< of clients
    const auth::JwtVerifier &verifier;
};

} // namespace presence::channels
