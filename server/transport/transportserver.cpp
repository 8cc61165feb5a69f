// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/transportserver.h"

#include "server/transport/http/httpguard.h"

#include <algorithm>

namespace presence::transport {

using namespace std::chrono_literals;

static constexpr auto kDrainStep = 20ms;

TransportServer::TransportServer(const TransportConfig &config, RequestHandler &requests,
                                 UpgradeHandler &upgrades, eventloop::DeadlineWheel &wheel,
                                 QObject *parent)
    : QObject(parent), m_context{.config = config,
                                 .requests = requests,
                                 .upgrades = upgrades,
                                 .wheel = wheel},
      m_listener([this](int descriptor, const QHostAddress &peer) { accepted(descriptor, peer); },
                 [this] { m_context.counters.rejected.add(); })
{
    m_drainTimer.setInterval(kDrainStep);
    connect(&m_drainTimer, &QTimer::timeout, this, &TransportServer::drainStep);
}

TransportServer::~TransportServer() = default;

Result<quint16> TransportServer::listen(const QHostAddress &address, quint16 port)
{
    return m_listener.listen(address, port);
}

void TransportServer::stopAccepting()
{
    m_listener.close();
}

void TransportServer::drain(protocol::CloseCode code)
{
    stopAccepting();
    m_context.isDraining = true;
    m_drainCode = code;
    m_drainNext = m_context.connections.size();
    const auto steps
        = std::max<size_t>(1, static_cast<size_t>(m_context.config.drainSpread / kDrainStep));
    m_drainStride = m_drainNext / steps + 1;
    m_drainTimer.start();
}

void TransportServer::drainStep()
{
    m_drainNext = std::min(m_drainNext, m_context.connections.size());
    const size_t first = m_drainNext > m_drainStride ? m_drainNext - m_drainStride : 0;
    m_context.connections.askToGo(first, m_drainNext, m_drainCode);
    m_drainNext = first;
    if (m_drainNext > 0)
        return;
    m_drainTimer.stop();
    Q_EMIT drained();
}

bool TransportServer::hasRoomFor(const QHostAddress &peer) const
{
    const TransportConfig &config = m_context.config;
    const auto most = static_cast<size_t>(config.maxConnections);
    if (most > 0 && m_context.connections.size() >= most)
        return false;
    return config.maxConnectionsPerPeer == 0
        || m_context.connections.countOf(peer) < config.maxConnectionsPerPeer;
}

void TransportServer::accepted(int descriptor, const QHostAddress &peer)
{
    TcpStream stream(descriptor, peer);
    if (!hasRoomFor(peer)) {
        m_context.counters.rejected.add();
        return;
    }
    m_context.counters.accepted.add();
    auto guard = std::make_unique<HttpGuard>(m_context, std::move(stream));
    HttpGuard &added = *guard;
    m_context.connections.add(std::move(guard));
    added.start();
}

} // namespace presence::transport
