// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/bench.h"
#include "tests/bench/clientsocket.h"

#include <memory>
#include <vector>

namespace presence::bench {

/// WebSockets that only count what comes: the clients of the floor and of peers. They read and
/// take apart each message as Population does, so that they are no faster. Lives on one thread.
class PlainClients final : public ClientSocket::Observer
{
public:
    /// Client `client` has got its `message`-th one, from 0.
    using Received = std::function<void(int client, int message)>;

    /// `request` is the upgrade, empty for none. `isSocketIo`: speaks that protocol's framing.
    PlainClients(Bench &bench, int count, QByteArray request, bool isSocketIo = false);

    /// Blocks until all are connected. False when they are not.
    bool connectTo(const sockaddr_in &server);

    void send(int client, QByteArrayView text);

    /// Called from now on, messages counted from 0; nothing to drop them.
    void setReceived(Received received);

private:
    struct Client
    {
        std::unique_ptr<ClientSocket> socket;
        int received = 0;
    };

    void opened(ClientSocket &socket) override;
    void textMessage(ClientSocket &socket, QByteArrayView text) override;
    void closed(ClientSocket &socket, const QByteArray &why) override;
    bool takeSocketIo(ClientSocket &socket, QByteArrayView text);

    Bench &m_bench;
    QByteArray m_request;
    bool m_isSocketIo;
    std::vector<Client> m_clients;
    size_t m_open = 0;
    qint64 m_lastChange = 0;
    Received m_received;
};

} // namespace presence::bench
