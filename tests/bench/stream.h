// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QSocketNotifier>

#include <memory>
#include <netinet/in.h>

namespace presence::bench {

/// A TCP connection of a client that costs as little as can be: a descriptor, a notifier, and no
/// buffer between messages. Lives on one thread.
class Stream
{
public:
    virtual ~Stream() { close(); }
    Q_DISABLE_COPY_MOVE(Stream)

    /// Begins to connect; connected() follows.
    void open(const sockaddr_in &server);

    /// Without a word, as a client that vanishes. Nothing is called any more.
    void close();

protected:
    Stream() = default;

    virtual void connected() = 0;
    /// How many of `bytes` were whole and have been dealt with; 0 to wait for more. Called again
    /// with the rest until it is 0.
    virtual qsizetype consume(QByteArrayView bytes) = 0;
    /// The stream has ended other than by close(); `why` is short and the same for the same cause.
    virtual void ended(const QByteArray &why) = 0;

    /// What the system does not take at once counts as a failure of the connection.
    void send(QByteArrayView bytes);
    /// Closes, then ended().
    void fail(const QByteArray &why);

private:
    void watch(QSocketNotifier::Type type, void (Stream::*slot)());
    void writable();
    void readable();
    void consumeAll(QByteArrayView bytes);

    int m_descriptor = -1;
    std::unique_ptr<QSocketNotifier> m_notifier;
    QByteArray m_held; ///< the start of what is not whole
};

} // namespace presence::bench
