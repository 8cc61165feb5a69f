// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/deployment.h"

#include <QPointer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

namespace presence::test {

namespace resp {

inline QByteArray bulk(const QByteArray &bytes)
{
    return '$' + QByteArray::number(bytes.size()) + "\r\n" + bytes + "\r\n";
}

inline QByteArray integer(qint64 value)
{
    return ':' + QByteArray::number(value) + "\r\n";
}

/// Of what is RESP already.
inline QByteArray array(const QByteArrayList &elements)
{
    return '*' + QByteArray::number(elements.size()) + "\r\n" + elements.join();
}

inline QByteArray error(const QByteArray &text)
{
    return '-' + text + "\r\n";
}

/// What a server answers to HELLO.
inline QByteArray hello(const QByteArray &version = "7.0.15", const QByteArray &role = "master")
{
    return array(
        {bulk("server"), bulk("redis"), bulk("version"), bulk(version), bulk("role"), bulk(role)});
}

inline QByteArray ok()
{
    return QByteArrayLiteral("+OK\r\n");
}

} // namespace resp

/// Something that speaks RESP where Redis should be, and says what the test wants it to.
///
/// PING and HELLO are answered by themselves, so that clients come in, and so is ASKING. All on the
/// thread of the test.
class ScriptedServer : public QTcpServer
{
public:
    using Words = QByteArrayList;
    /// The answer to a command, as bytes; empty for none.
    using Script = std::function<QByteArray(const Words &)>;

    struct Received
    {
        int connection; ///< counted from 0
        Words words;
    };

    ScriptedServer()
    {
        listen(QHostAddress::LocalHost);
        m_port = serverPort();
        connect(this, &QTcpServer::newConnection, this, &ScriptedServer::accept);
        connect(&m_trickle, &QTimer::timeout, this, &ScriptedServer::writeOneByte);
    }

    redis::Address address() const { return {QStringLiteral("127.0.0.1"), m_port}; }
    QByteArray place() const { return address().toString().toLatin1(); }

    Script script; ///< for what has no answer of its own
    bool isSilent = false; ///< says nothing, not even to a PING
    QByteArray role = "master";
    QByteArray hello; ///< to HELLO; empty: as a server of that role does
    QByteArray pong = "+PONG\r\n"; ///< to PING

    /// Answers leave byte by byte, one in each pass of the event loop.
    void setTrickling() { m_trickle.start(0); }

    /// Without PING and HELLO, of all connections, in the order in which they came in.
    const std::vector<Received> &received() const { return m_received; }
    qsizetype count(const Words &words) const
    {
        return std::ranges::count(m_received, words, &Received::words);
    }
    qsizetype countOf(const QByteArray &operation) const
    {
        return std::ranges::count_if(m_received, [&](const Received &received) {
            return received.words.front() == operation;
        });
    }
    /// What came before each command like `words` on its connection.
    std::vector<Words> before(const Words &words) const
    {
        std::vector<Words> all;
        std::map<int, Words> last;
        for (const Received &received : m_received) {
            if (received.words == words)
                all.push_back(last[received.connection]);
            last[received.connection] = received.words;
        }
        return all;
    }
    void forget() { m_received.clear(); }
    int pings() const { return m_pings; } ///< that ever came
    int hellos() const { return m_hellos; }
    int visits() const { return m_visits; } ///< connections that were ever made
    qsizetype connections() const ///< that are open
    {
        return std::ranges::count_if(m_peers, [](const Peer &peer) { return peer.socket; });
    }

    /// To all who have sent a command like `words`, or one that begins like it.
    void sayTo(const Words &words, const QByteArray &bytes)
    {
        for (Peer &peer : m_peers) {
            const bool isMeant = std::ranges::any_of(m_received, [&](const Received &received) {
                return received.connection == peer.number
                    && received.words.mid(0, words.size()) == words;
            });
            if (isMeant)
                send(peer, bytes);
        }
    }

    /// Breaks all connections, after what was said.
    void hangUp()
    {
        const auto peers = std::exchange(m_peers, {});
        for (const Peer &peer : peers) {
            if (!peer.socket)
                continue;
            peer.socket->disconnect(this);
            peer.socket->write(peer.out);
            peer.socket->disconnectFromHost();
        }
    }

    /// As a server that was killed.
    void die()
    {
        close();
        hangUp();
    }

    [[nodiscard]] bool revive() { return listen(QHostAddress::LocalHost, m_port); }

private:
    struct Peer
    {
        int number;
        QPointer<QTcpSocket> socket;
        QByteArray in;
        QByteArray out; ///< to trickle
    };

    void accept()
    {
        while (QTcpSocket *socket = nextPendingConnection()) {
            const int number = m_visits++;
            m_peers.push_back({number, socket, {}, {}});
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            connect(socket, &QTcpSocket::readyRead, this, [this, number] { read(number); });
        }
    }

    Peer *peer(int number)
    {
        const auto found = std::ranges::find(m_peers, number, &Peer::number);
        return found != m_peers.end() && found->socket ? &*found : nullptr;
    }

    // A script may hang up, so the peer is looked for anew each time.
    void read(int number)
    {
        if (Peer *from = peer(number))
            from->in += from->socket->readAll();
        while (Peer *from = peer(number)) {
            const Words words = takeCommand(from->in);
            if (words.isEmpty())
                return;
            const QByteArray reply = answer(number, words);
            if (Peer *to = peer(number))
                send(*to, reply);
        }
    }

    /// The first whole command of `in`; empty when there is none yet.
    static Words takeCommand(QByteArray &in)
    {
        qsizetype at = 0;
        const auto number = [&] {
            const qsizetype end = in.indexOf("\r\n", at);
            const int value = end < 0 ? -1 : in.mid(at + 1, end - at - 1).toInt();
            at = end + 2;
            return value;
        };
        Words words;
        for (int left = number(); left > 0; --left) {
            const int size = number();
            if (size < 0 || at + size + 2 > in.size())
                return {};
            words.append(in.mid(at, size));
            at += size + 2;
        }
        if (!words.isEmpty())
            in.remove(0, at);
        return words;
    }

    QByteArray answer(int number, const Words &words)
    {
        if (words.front() == "PING")
            ++m_pings;
        else if (words.front() == "HELLO")
            ++m_hellos;
        else
            m_received.push_back({number, words});
        if (isSilent)
            return {};
        if (words.front() == "PING")
            return pong;
        if (words.front() == "ASKING")
            return resp::ok();
        if (words.front() == "HELLO")
            return hello.isEmpty() ? resp::hello("7.0.15", role) : hello;
        return script ? script(words) : QByteArray();
    }

    void send(Peer &peer, const QByteArray &bytes)
    {
        if (m_trickle.isActive())
            peer.out += bytes;
        else if (peer.socket)
            peer.socket->write(bytes);
    }

    void writeOneByte()
    {
        for (Peer &peer : m_peers) {
            if (peer.out.isEmpty() || !peer.socket)
                continue;
            peer.socket->write(peer.out.left(1));
            peer.socket->flush();
            peer.out.remove(0, 1);
        }
    }

    quint16 m_port = 0;
    int m_visits = 0;
    int m_pings = 0;
    int m_hellos = 0;
    std::vector<Peer> m_peers;
    std::vector<Received> m_received;
    QTimer m_trickle;
};

} // namespace presence::test
