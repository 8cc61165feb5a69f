// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/bench/stream.h"

namespace presence::bench {

/// A WebSocket of a client. Answers pings. Lives on one thread.
class ClientSocket final : public Stream
{
public:
    class Observer
    {
    public:
        virtual ~Observer() = default;
        virtual void opened(ClientSocket &socket) = 0;
        /// `text` is valid during the call.
        virtual void textMessage(ClientSocket &socket, QByteArrayView text) = 0;
        /// Once, for whatever ended it but close().
        virtual void closed(ClientSocket &socket, const QByteArray &why) = 0;
    };

    /// `number` tells the observer which one it is. `request` is the HTTP upgrade to send; empty
    /// for a server that speaks frames from the first byte.
    ClientSocket(int number, Observer &observer, QByteArray request);

    int number() const { return m_number; }
    void sendText(QByteArrayView text);

    /// The upgrade of `target` at `host`.
    static QByteArray upgrade(const QByteArray &target, const QByteArray &host);

private:
    void connected() override;
    qsizetype consume(QByteArrayView bytes) override;
    void ended(const QByteArray &why) override;
    qsizetype consumeHandshake(QByteArrayView bytes);

    int m_number;
    Observer &m_observer;
    QByteArray m_request; ///< until it is sent
    bool m_isOpen = false; ///< the hand-shake is done
};

} // namespace presence::bench
