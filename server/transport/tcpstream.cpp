// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/tcpstream.h"

#include "server/eventloop/epolldispatcher.h"
#include "server/transport/websocket/outbox.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace presence::transport {

using eventloop::EpollDispatcher;

TcpStream::TcpStream(int descriptor) : m_descriptor(descriptor) { }

bool TcpStream::encrypt(TlsContext::Session session)
{
    if (session)
        m_tls = std::make_unique<TlsSession>(std::move(session), m_descriptor);
    return m_tls != nullptr;
}

TcpStream::TcpStream(TcpStream &&other) noexcept
    : m_tls(std::move(other.m_tls)), m_user(other.m_user),
      m_descriptor(std::exchange(other.m_descriptor, -1)),
      m_isWatchingReading(other.m_isWatchingReading), m_isWatchingWriting(other.m_isWatchingWriting)
{
}

TcpStream::~TcpStream()
{
    close();
}

void TcpStream::use(StreamUser &user)
{
    const bool wasWatching = std::exchange(m_isWatchingReading, true);
    m_user = &user;
    watch();
    if (!wasWatching)
        readUnread();
}

void TcpStream::watchReading(bool on)
{
    if (!m_user || m_descriptor < 0 || std::exchange(m_isWatchingReading, on) == on)
        return;
    watch();
    if (on)
        readUnread();
}

void TcpStream::watchWriting(bool on)
{
    if (!m_user || m_descriptor < 0 || std::exchange(m_isWatchingWriting, on) == on)
        return;
    watch();
}

void TcpStream::watch()
{
    if (auto *dispatcher = EpollDispatcher::current(); dispatcher && m_descriptor >= 0)
        dispatcher->watch(m_descriptor, *m_user, m_isWatchingReading, m_isWatchingWriting);
}

/// The descriptor says nothing of what was decrypted with it.
void TcpStream::readUnread()
{
    auto *dispatcher = EpollDispatcher::current();
    if (dispatcher && m_isWatchingReading && m_tls && m_tls->hasUnread())
        dispatcher->readSoon(m_descriptor);
}

TcpStream::ReadResult TcpStream::read(std::span<char> buffer)
{
    if (m_descriptor < 0)
        return {ReadStatus::Broken, {}};
    if (m_tls)
        return readTls(buffer);
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

TcpStream::ReadResult TcpStream::readTls(std::span<char> buffer)
{
    const TlsSession::Read read = m_tls->read(buffer);
    if (read.status == TlsSession::Status::Done)
        readUnread();
    // Reading may write: a handshake, a new key.
    if (m_tls->unwritten() > 0 && m_user)
        watchWriting(true);
    switch (read.status) {
    case TlsSession::Status::Done:
        return {ReadStatus::Data, read.bytes};
    case TlsSession::Status::Blocked:
        return {ReadStatus::Nothing, {}};
    case TlsSession::Status::Ended:
        return {ReadStatus::Ended, {}};
    case TlsSession::Status::Broken:
        break;
    }
    return {m_tls->isEstablished() ? ReadStatus::Broken : ReadStatus::NoTls, {}};
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

TcpStream::WriteResult TcpStream::write(Outbox &outbox)
{
    if (m_descriptor < 0)
        return {WriteStatus::Broken};
    if (m_tls)
        return writeTls(outbox);
    std::array<iovec, 64> vectors;
    qsizetype sent = 0;
    while (!outbox.isEmpty()) {
        const ssize_t written = sendVectors(m_descriptor, {vectors.data(), outbox.gather(vectors)});
        if (written >= 0) {
            outbox.consume(written);
            sent += written;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return {WriteStatus::Blocked, sent};
        } else if (errno != EINTR) {
            return {WriteStatus::Broken, sent};
        }
    }
    return {WriteStatus::Done, sent};
}

TcpStream::WriteResult TcpStream::writeTls(Outbox &outbox)
{
    std::array<iovec, 64> vectors;
    const qint64 before = m_tls->sent();
    auto status = m_tls->flush();
    while (status == TlsSession::Status::Done && !outbox.isEmpty()) {
        outbox.consume(m_tls->write({vectors.data(), outbox.gather(vectors)}));
        status = m_tls->flush();
    }
    const qint64 sent = m_tls->sent() - before;
    if (status == TlsSession::Status::Broken)
        return {WriteStatus::Broken, sent};
    return {status == TlsSession::Status::Done ? WriteStatus::Done : WriteStatus::Blocked, sent};
}

qsizetype TcpStream::unwritten() const
{
    return m_tls ? m_tls->unwritten() : 0;
}

void TcpStream::shutdownWriting()
{
    if (m_descriptor >= 0 && m_tls)
        m_tls->shutdown();
    if (m_descriptor >= 0)
        ::shutdown(m_descriptor, SHUT_WR);
}

void TcpStream::close()
{
    if (m_descriptor < 0)
        return;
    if (auto *dispatcher = EpollDispatcher::current())
        dispatcher->unwatch(m_descriptor);
    if (m_tls && m_tls->unwritten() == 0)
        m_tls->shutdown();
    ::close(std::exchange(m_descriptor, -1));
}

} // namespace presence::transport
