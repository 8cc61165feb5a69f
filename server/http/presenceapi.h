// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/archive.h"
#include "server/http/router.h"
#include "server/metrics/latencytally.h"
#include "server/presence/channelpresence.h"
#include "server/presence/healthcheck.h"
#include "server/presence/heartbeatscheduler.h"
#include "server/presence/pacedreads.h"
#include "server/presence/presencetracker.h"
#include "server/presence/typingtracker.h"

namespace presence::http {

/// The REST API: what each call means, but for the past (ArchiveApi). Belongs to one shard.
class PresenceApi
{
public:
    struct Services
    {
        rules::PresenceTracker &tracker;
        rules::PresenceTracker &heartbeatTracker; ///< for devices without a WebSocket
        rules::HeartbeatScheduler &heartbeats;
        rules::TypingTracker &typing;
        rules::ChannelPresence &viewers;
        const rules::Store &store;
        rules::HealthCheck &health;
        /// Brings metrics that are read of Redis up to date, then calls what it is given.
        std::function<void(std::function<void()>)> refreshMetrics;
        metrics::Metrics &metrics;
        metrics::LatencyTally &latencies; ///< of this shard
        const archive::Archive *archive; ///< null: there is none
        rules::PacedReads &reads; ///< of clients
        const limits::Limiter &limiter;
        bool showsMetrics; ///< to anybody
    };

    explicit PresenceApi(const Services &services) : m_services(services) { }

    void addTo(Router &router);

    /// Everything there is to say, for operators.
    void answerHealth(const Answer &answer) const;
    void answerMetrics(const Answer &answer) const;

private:
    void getUser(const ApiRequest &request, Answer answer);
    void putStatus(const ApiRequest &request, const Answer &answer);
    void deleteStatus(const ApiRequest &request, const Answer &answer);
    void deleteDevices(const ApiRequest &request, const Answer &answer);
    void deleteDevice(const ApiRequest &request, const Answer &answer);
    void postHeartbeat(const ApiRequest &request, const Answer &answer);
    void getOnline(const ApiRequest &request, const Answer &answer);
    void postBulk(const ApiRequest &request, Answer answer);
    void getViewers(const ApiRequest &request, const Answer &answer);
    void getTyping(const ApiRequest &request, const Answer &answer);
    void getNodes(const ApiRequest &request, const Answer &answer);
    using Asking = std::optional<auth::Caller>; ///< who has a valid token
    void getHealth(const Asking &caller, const Answer &answer);
    void getReady(const Answer &answer);
    void getMetrics(const Asking &caller, const Answer &answer);

    Services m_services;
};

} // namespace presence::http
