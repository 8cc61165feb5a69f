// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/router.h"

#include <vector>

namespace presence::redis {

/// To one server, or to the master that the sentinels name, over a few connections.
class DirectRouter final : public Router
{
    Q_OBJECT
public:
    DirectRouter(const Deployment &deployment, int connections);

    void send(QByteArrayView routeKey, Command command, ReplyCallback callback) override;
    bool isReady() const override;
    bool isIdle() const override;
    Counters counters() const override;
    void setObserver(const Observer &observer) override;
    void setOnConnected(OnConnected call) override { m_onConnected = std::move(call); }
    void renew() override;

private:
    std::vector<std::unique_ptr<Connection>> m_connections;
    OnConnected m_onConnected;
    bool m_ready = false;
};

} // namespace presence::redis
