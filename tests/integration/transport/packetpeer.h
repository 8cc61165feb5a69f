// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/transport/transportfixture.h"

#include <sys/socket.h>
#include <unistd.h>

namespace presence::transport::test {

class SilentHandler final : public WebSocketHandler
{
public:
    void opened(ClientTransport &) override { }
    void textMessage(QByteArrayView) override { }
    void binaryMessage(QByteArrayView) override { }
    void closed(CloseCode) override { }
};

/// A WebSocket in a table, and its peer, to whom each write is a packet.
class PacketPeer
{
public:
    explicit PacketPeer(TransportContext &context)
    {
        int pair[2] = {-1, -1};
        const int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
        const int made = ::socketpair(AF_UNIX, type, 0, pair);
        Q_ASSERT(made == 0);
        Q_UNUSED(made);
        m_descriptor = pair[1];
        auto added = std::make_unique<WebSocketConnection>(
            context, TcpStream(pair[0]), limits::AccountPtr(), std::make_unique<SilentHandler>());
        connection = added.get();
        context.connections.add(std::move(added));
        connection->start({}, {});
    }
    ~PacketPeer() { ::close(m_descriptor); }
    Q_DISABLE_COPY_MOVE(PacketPeer)

    bool say(const QByteArray &bytes)
    {
        return ::send(m_descriptor, bytes.constData(), static_cast<size_t>(bytes.size()), 0) > 0;
    }

    /// The payloads that have come so far, those of one write in one list.
    const QList<QByteArrayList> &writes()
    {
        std::array<char, 64 * 1024> packet;
        ssize_t size = 0;
        while ((size = ::recv(m_descriptor, packet.data(), packet.size(), 0)) > 0)
            m_writes.append(payloadsIn({packet.data(), size}));
        hasEnded = size == 0;
        return m_writes;
    }
    void forgetWrites()
    {
        writes();
        m_writes.clear();
    }

    WebSocketConnection *connection; ///< valid until it is aborted
    bool hasEnded = false; ///< as of the last writes()

private:
    /// Of short frames only, which have a head of two bytes.
    static QByteArrayList payloadsIn(QByteArrayView frames)
    {
        QByteArrayList payloads;
        while (frames.size() >= 2) {
            const qsizetype size = frames[1];
            payloads.append(frames.sliced(2).first(size).toByteArray());
            frames = frames.sliced(2 + size);
        }
        return payloads;
    }

    int m_descriptor = -1;
    QList<QByteArrayList> m_writes;
};

} // namespace presence::transport::test
