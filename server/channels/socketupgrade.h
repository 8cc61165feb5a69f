// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/jwt.h"
#include "server/channels/services.h"
#include "server/transport/websocket/upgradehandler.h"

#include <QSet>

namespace presence::channels {

/// Decides who gets a Phoenix socket: path, origin, serializer version and token, in this order.
/// A refusal is a plain HTTP answer. Belongs to one shard.
class SocketUpgrade final : public transport::UpgradeHandler
{
public:
    /// `origins` are allowed for browsers, such as https://app.example.com; empty: any. A token is
    /// never sent by a browser on its own, so another site's page has nothing to abuse.
    SocketUpgrade(Services &services, const auth::JwtVerifier &verifier, QSet<QByteArray> origins);

    bool isAt(const transport::HttpRequest &request) const override;
    transport::UpgradeDecision decide(const transport::HttpRequest &request) override;

private:
    Services &m_services;
    const auth::JwtVerifier &m_verifier;
    QSet<QByteArray> m_origins;
};

} // namespace presence::channels
