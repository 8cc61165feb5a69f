// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/jwt.h"
#include "server/channels/services.h"
#include "server/transport/http/origins.h"
#include "server/transport/websocket/upgradehandler.h"
#include "shared/core/replaceable.h"

namespace presence::channels {

/// Decides who gets a Phoenix socket: path, origin, serializer version and token, in this order.
/// A refusal is a plain HTTP answer. Belongs to one shard.
class SocketUpgrade final : public transport::UpgradeHandler
{
public:
    SocketUpgrade(Services &services, const auth::JwtVerifier &verifier, limits::Limiter &limiter,
                  const Replaceable<transport::Origins> &origins);

    bool isAt(const transport::HttpRequest &request) const override;
    transport::UpgradeDecision decide(const transport::HttpRequest &request) override;
    /// The same whatever the path: of a socket that is no WebSocket.
    transport::UpgradeDecision admit(const transport::HttpRequest &request);

private:
    Services &m_services;
    const auth::JwtVerifier &m_verifier;
    limits::Limiter &m_limiter;
    const Replaceable<transport::Origins> &m_origins;
};

} // namespace presence::channels
