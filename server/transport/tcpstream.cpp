// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/tcpstream.h"

#include "server/transport/websocket/outbox.h"

#include <QEvent>
#include <QSocketNotifier>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace presence::transport {

/// Calls the user from event(): a signal and its connection would cost 250 bytes a socket.
class StreamNotifier final : public QSocketNotifier
{
public:
    StreamNotifier(int descriptor, Type type, StreamUser *user)
        : QSocketNotifier(descriptor, type), m_user(user)
    {
    }
    void setUser(StreamUser *user) { m_user = user; }

private:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::SockAct)
            return QSocketNotifier::event(event);
        if (type() == Read)
            m_user->readable();
        else
            m_user->writable();
        return true;
    }

    StreamUser *m_user;
};

TcpStream::TcpStream(int descriptor, const QHostAddress &peer)
    : m_descriptor(descriptor), m_peer(peer)
{
}

TcpStream::TcpStream(TcpStream &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)), m_user(other.m_user),
      m_readNotifier(std::move(other.m_readNotifier)),
      m_writeNotifier(std::move(other.m_writeNotifier)), m_peer(other.m_peer),
      m_isWatchingReading(other.m_isWatchingReading)
{
}

TcpStream::~TcpStream()
{
    close();
}

void TcpStream::use(StreamUser &user)
{
    m_user = &user;
    if (m_writeNotifier)
        m_writeNotifier->setUser(m_user);
    if (m_readNotifier)
        m_readNotifier->setUser(m_user);
    else
        m_readNotifier
            = std::make_unique<StreamNotifier>(m_descriptor, QSocketNotifier::Read, m_user);
    m_isWatchingReading = m_readNotifier->isEnabled();
    watchReading(true);
}

void TcpStream::watchReading(bool on)
{
    if (m_readNotifier && m_descriptor >= 0 && std::exchange(m_isWatchingReading, on) != on)
        m_readNotifier->setEnabled(on);
}

void TcpStream::watchWriting(bool on)
{
    if (m_descriptor < 0 || on == isWatchingWriting())
        return;
    if (on) {
        m_writeNotifier
            = std::make_unique<StreamNotifier>(m_descriptor, QSocketNotifier::Write, m_user);
        return;
    }
    // It may be the one that is calling us.
    m_writeNotifier->setEnabled(false);
    m_writeNotifier.release()->deleteLater();
}

TcpStream::ReadResult TcpStream::read(std::span<char> buffer)
{
    if (m_descriptor < 0)
        return {ReadStatus::Broken, {}};
    ssize_t count = -1;
    do {
        count = ::recv(m_descriptor, buffer.data(), buffer.size(), 0);
    } while (count < 0 && errno == EINTR);
    if (count > 0)
        return {ReadStatus::Data, buffer.first(static_cast<size_t>(count))};
    if (count == 0)
        return {ReadStatus::Ended, {}};
    const bool isNothing = errno == EAGAIN || errno == EWOULDBLOCK;
    return {isNothing ? ReadStatus::Nothing : ReadStatus::Broken, {}};
}

static ssize_t sendVectors(int descriptor, std::span<iovec> vectors)
{
    if (vectors.size() == 1)
        return ::send(descriptor, vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = vectors.size();
    return ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

TcpStream::WriteStatus TcpStream::write(Outbox &outbox)
{
    if (m_descriptor < 0)
        return WriteStatus::Broken;
    std::array<iovec, 64> vectors;
    while (!outbox.isEmpty()) {
        const ssize_t written = sendVectors(m_descriptor, {vectors.data(), outbox.gather(vectors)});
        if (written >= 0)
            outbox.consume(written);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return WriteStatus::Blocked;
        else if (errno != EINTR)
            return WriteStatus::Broken;
    }
    return WriteStatus::Done;
}

void TcpStream::shutdownWriting()
{
    if (m_descriptor >= 0)
        ::shutdown(m_descriptor, SHUT_WR);
}

void TcpStream::close()
{
    if (m_descriptor < 0)
        return;
    // The notifiers themselves stay until we are destroyed: one of them may be calling us.
    if (m_readNotifier)
        m_readNotifier->setEnabled(false);
    if (m_writeNotifier)
        m_writeNotifier->setEnabled(false);
    ::close(std::exchange(m_descriptor, -1));
}

} // namespace presence::transport
