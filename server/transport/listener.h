// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QHostAddress>
#include <QSocketNotifier>
#include <QTimer>

#include <functional>
#include <memory>

namespace presence::transport {

/// A listening TCP socket that nothing a client or the process does can stop for good.
///
/// Several may listen on one port (SO_REUSEPORT), one a shard; the kernel spreads the connections.
/// Used on one thread with an event loop. When the process has no descriptor left, a waiting
/// connection is accepted on a spare one and closed, so its client learns of it at once.
class Listener : public QObject
{
public:
    /// Takes over a non-blocking descriptor with TCP_NODELAY set. A peer that came as IPv4 on an
    /// IPv6 socket is named as IPv4.
    using Accepted = std::function<void(int descriptor, const QHostAddress &peer)>;
    /// Told when a connection was closed unserved for want of descriptors.
    using Refused = std::function<void()>;

    Listener(Accepted accepted, Refused refused, QObject *parent = nullptr);
    ~Listener() override;

    /// Returns the port, which the kernel picks for `port` 0. QHostAddress::Any is IPv6 and IPv4.
    /// Fails with Unavailable when the address cannot be had.
    Result<quint16> listen(const QHostAddress &address, quint16 port);

    void close();

private:
    void acceptWaiting();
    bool recoverFrom(int acceptError);
    bool refuseWaiting();
    void pause();

    Accepted m_accepted;
    Refused m_refused;
    std::unique_ptr<QSocketNotifier> m_notifier;
    QTimer m_resume;
    int m_descriptor = -1;
    int m_spare = -1; ///< given up for a moment when there is no other
};

} // namespace presence::transport
