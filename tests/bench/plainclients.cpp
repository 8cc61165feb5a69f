// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/plainclients.h"

#include "tests/bench/conversation.h"

namespace presence::bench {

using namespace std::chrono_literals;

PlainClients::PlainClients(Bench &bench, int count, QByteArray request, bool isSocketIo)
    : m_bench(bench), m_request(std::move(request)), m_isSocketIo(isSocketIo),
      m_clients(static_cast<size_t>(count))
{
}

bool PlainClients::connectTo(const sockaddr_in &server)
{
    int number = 0;
    for (Client &client : m_clients) {
        client.socket = std::make_unique<ClientSocket>(number++, *this, m_request);
        client.socket->open(server);
    }
    return Bench::waitUntil([this] { return m_open == m_clients.size(); }, 30s);
}

void PlainClients::send(int client, QByteArrayView text)
{
    m_clients[static_cast<size_t>(client)].socket->sendText(text);
}

void PlainClients::setReceived(Received received)
{
    for (Client &client : m_clients)
        client.received = 0;
    m_received = std::move(received);
}

void PlainClients::opened(ClientSocket &socket)
{
    Q_UNUSED(socket)
    if (!m_isSocketIo)
        ++m_open;
}

/// What is of the protocol and no message: opened, connected, ping.
bool PlainClients::takeSocketIo(ClientSocket &socket, QByteArrayView text)
{
    if (text.startsWith("42"))
        return false;
    if (text.startsWith('0'))
        socket.sendText("40");
    else if (text.startsWith("40"))
        ++m_open;
    else if (text.startsWith('2'))
        socket.sendText("3");
    return true;
}

void PlainClients::textMessage(ClientSocket &socket, QByteArrayView text)
{
    if (m_isSocketIo && takeSocketIo(socket, text))
        return;
    const auto message = ServerMessage::from(text);
    m_lastChange = std::max(Conversation::numberAfter(message.payload, "\"previous\":"),
                            Conversation::numberAfter(message.payload, "\"revision\":"));
    Client &client = m_clients[static_cast<size_t>(socket.number())];
    if (m_received)
        m_received(socket.number(), client.received++);
}

void PlainClients::closed(ClientSocket &socket, const QByteArray &why)
{
    Q_UNUSED(socket)
    m_bench.fault("floor or peer closed: " + why);
}

} // namespace presence::bench
