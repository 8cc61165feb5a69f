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
                                 limits::Limiter &limiter, const TlsContext *tls, QObject *parent)
    : QObject(parent), m_context{.config = config,
                                 .requests = requests,
                                 .upgrades = upgrades,
                                 .wheel = wheel,
                                 .limiter = limiter,
                                 .tls = tls},
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

void TransportServer::relieveMemory()
{
    while (m_context.idle.closeOldest()) { }
    m_context.unsent.cutLargest();
}

/// Those that are idle go first.
bool TransportServer::makeRoom()
{
    limits::Limiter &limiter = m_context.limiter;
    const int most = limiter.limits().connections;
    const auto isFull = [&] { return most > 0 && limiter.connections >= most; };
    if (isFull())
        m_context.idle.closeOldest();
    if (!isFull())
        return true;
    limiter.count(limits::Limit::ProcessConnections);
    return false;
}

/// As far as the kernel takes the answer at once. A handshake only to refuse would cost more than
/// the answer is worth.
void TransportServer::refuse(TcpStream stream)
{
    m_context.counters.rejected.add();
    if (m_context.tls)
        return;
    Outbox answer;
    answer.push(serialize(tooManyConnections(), {.keepAlive = false}));
    stream.write(answer);
    stream.shutdownWriting();
    stream.read(m_context.readBuffer); // else the kernel resets it, and the answer is lost
}

void TransportServer::accepted(int descriptor, const QHostAddress &peer)
{
    TcpStream stream(descriptor);
    limits::Limiter &limiter = m_context.limiter;
    limits::AccountPtr address;
    if (!limiter.limits().trustedProxies.contains(peer)) {
        address = limiter.address(peer);
        if (!limiter.takeConnection(*address))
            return refuse(std::move(stream));
    }
    if (!makeRoom())
        return refuse(std::move(stream));
    if (m_context.tls && !stream.encrypt(m_context.tls->makeSession()))
        return refuse(std::move(stream));
    m_context.counters.accepted.add();
    auto guard
        = std::make_unique<HttpGuard>(m_context, std::move(stream), peer, std::move(address));
    HttpGuard &added = *guard;
    m_context.connections.add(std::move(guard));
    added.start();
}

} // namespace presence::transport
