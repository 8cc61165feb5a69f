// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/http/presenceapi.h"
#include "server/transport/websocket/upgradehandler.h"

namespace presence::http {

/// What METRICS_BIND answers to whoever can reach it: /metrics, and all of /health. Lives on the
/// shard's thread.
class MetricsEndpoint final : public transport::RequestHandler, public transport::UpgradeHandler
{
public:
    explicit MetricsEndpoint(const PresenceApi &api) : m_api(api) { }

    bool wantsBody(const transport::HttpRequest &) override { return false; }
    void handle(const transport::HttpRequest &request, Answer answer) override;

    bool isAt(const transport::HttpRequest &) const override { return false; }
    transport::UpgradeDecision decide(const transport::HttpRequest &request) override;

private:
    const PresenceApi &m_api;
};

} // namespace presence::http
