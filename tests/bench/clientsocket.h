// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QSocketNotifier>

#include <memory>

struct sockaddr_in;

namespace presence::bench {

/// The client's end of a WebSocket, small enough for fifteen thousand in a process: a descriptor,
/// a notifier and no buffers between messages. Answers pings. Lives on one thread.
class ClientSocket
{
public:
    class Observer
    {
    public:
        virtual ~Observer() = default;
        virtual void opened(ClientSocket &socket) = 0;
        /// `text` is valid during the call.
        virtual void textMessage(ClientSocket &socket, QByteArrayView text) = 0;
        /// Once, for whatever ended it but close(); `why` is short and the same for the same cause.
        virtual void closed(ClientSocket &socket, const QByteArray &why) = 0;
    };

    /// `number` tells the observer which one it is.
    ClientSocket(int number, Observer &observer) : m_number(number), m_observer(observer) { }
    ~ClientSocket() { close(); }
    Q_DISABLE_COPY_MOVE(ClientSocket)

    int number() const { return m_number; }

    /// Begins to connect; `request` is the HTTP upgrade to send then.
    void open(const sockaddr_in &server, QByteArray request);

    /// What the system does not take at once counts as a failure of the connection.
    void sendText(QByteArrayView text);

    /// Without a close frame, as a client that vanishes.
    void close();

private:
    void watch(QSocketNotifier::Type type, void (ClientSocket::*slot)());
    void connected();
    void readable();
    void consume(QByteArrayView bytes);
    qsizetype consumeHandshake(QByteArrayView bytes);
    qsizetype consumeFrame(QByteArrayView bytes);
    void sendFrame(quint8 start, QByteArrayView payload);
    void send(QByteArrayView bytes);
    void fail(const QByteArray &why);

    int m_number;
    Observer &m_observer;
    int m_descriptor = -1;
    bool m_isOpen = false; ///< the hand-shake is done
    std::unique_ptr<QSocketNotifier> m_notifier;
    QByteArray m_held; ///< the request before it is sent; then the start of what is not whole
};

} // namespace presence::bench
