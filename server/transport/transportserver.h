// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/listener.h"
#include "server/transport/transportcontext.h"

namespace presence::transport {

/// Everything between the wire and the handlers, for one shard: HTTP and WebSocket on one port.
///
/// Lives on the shard's thread. The handlers, the wheel, the limiter and `tls`, without
/// which nothing is encrypted, outlive it. Destroying it
/// closes every connection; each WebSocketHandler is told closed(GoingAway).
class TransportServer : public QObject
{
    Q_OBJECT
public:
    TransportServer(const TransportConfig &config, RequestHandler &requests,
                    UpgradeHandler &upgrades, eventloop::DeadlineWheel &wheel,
                    limits::Limiter &limiter, const TlsContext *tls = nullptr,
                    QObject *parent = nullptr);
    ~TransportServer() override;

    /// Starts accepting and returns the port; see Listener::listen().
    Result<quint16> listen(const QHostAddress &address, quint16 port);

    /// Those that are connected stay.
    void stopAccepting();

    /// Stops accepting, ends idle HTTP connections, lets requests in work be answered, refuses new
    /// WebSockets and closes the open ones with `code`, spread over TransportConfig::drainSpread.
    void drain(protocol::CloseCode code = protocol::CloseCode::Draining);

    /// Closes the idle HTTP connections and the largest outboxes: memory is short.
    void relieveMemory();

    /// Open connections of either kind.
    size_t connectionCount() const { return m_context.connections.size(); }

    /// May be read from any thread, for as long as the server exists.
    const TransportCounters &counters() const { return m_context.counters; }

Q_SIGNALS:
    /// After drain(), every connection has been asked to go. They are gone closeDeadline later.
    void drained();

private:
    void accepted(int descriptor, const QHostAddress &peer);
    bool makeRoom();
    void refuse(TcpStream stream);
    void drainStep();

    TransportContext m_context;
    Listener m_listener;
    QTimer m_drainTimer;
    protocol::CloseCode m_drainCode = protocol::CloseCode::Draining;
    size_t m_drainNext = 0; ///< connections below this one have not been asked
    size_t m_drainStride = 1; ///< connections a step
};

} // namespace presence::transport
