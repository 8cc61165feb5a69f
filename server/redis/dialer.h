// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/hostlookup.h"

#include <QTcpSocket>
#include <QTimer>

#include <functional>
#include <memory>
#include <vector>

namespace presence::redis {

/// One attempt to connect to a host by TCP. Its addresses are tried one after the other, IPv6 and
/// IPv4 by turns, the next one as soon as one has failed or was silent for kAttemptDelay, and the
/// first that is connected is taken (RFC 8305). So one that swallows packets costs a moment.
///
/// Ends when there is a socket, or no address is left; how long that may take its owner says, by
/// destroying it.
class Dialer final : public QObject
{
    Q_OBJECT
public:
    static constexpr std::chrono::milliseconds kAttemptDelay{250};

    using Socket = std::unique_ptr<QTcpSocket>;
    using MakeSocket = std::function<Socket()>;

    /// Begins with the address that is `first` places behind the one that the system puts first:
    /// for those that were connected and led nowhere. `done` is called once, from the event loop,
    /// and may destroy the dialer.
    Dialer(const QString &host, quint16 port, size_t first, MakeSocket makeSocket,
           Callback<Socket> done);

    /// IPv6 and IPv4 by turns, each in its order, beginning with the family of the first; then
    /// `first` places rotated.
    static HostLookup::Addresses inOrder(const HostLookup::Addresses &addresses, size_t first);

private:
    void begin(const Result<HostLookup::Addresses> &addresses);
    void tryNext();
    void connected(const QTcpSocket *socket);
    void failed(const QTcpSocket *socket);
    void finish(Result<Socket> result);

    const QString m_host;
    const quint16 m_port;
    const size_t m_first;
    MakeSocket m_makeSocket;
    Callback<Socket> m_done;
    std::unique_ptr<HostLookup> m_lookup;
    HostLookup::Addresses m_untried;
    std::vector<Socket> m_attempts;
    QTimer m_next;
};

} // namespace presence::redis
