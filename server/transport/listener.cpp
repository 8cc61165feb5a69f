// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/listener.h"

#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace presence::transport {

using namespace std::chrono_literals;

namespace {

constexpr int kBacklog = 1024;
/// Accepted in one pass, so that a flood of connections does not starve those there are.
constexpr int kAcceptedPerPass = 64;

socklen_t fill(sockaddr_storage &storage, const QHostAddress &address, quint16 port)
{
    storage = {};
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        auto *v4 = reinterpret_cast<sockaddr_in *>(&storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        v4->sin_addr.s_addr = htonl(address.toIPv4Address());
        return sizeof *v4;
    }
    auto *v6 = reinterpret_cast<sockaddr_in6 *>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    const Q_IPV6ADDR bytes = address.toIPv6Address();
    std::memcpy(&v6->sin6_addr, &bytes, sizeof bytes);
    return sizeof *v6;
}

QHostAddress peerFrom(const sockaddr_storage &storage)
{
    QHostAddress address(reinterpret_cast<const sockaddr *>(&storage));
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4);
    return isV4 ? QHostAddress(v4) : address;
}

int openSocket(const QHostAddress &address, quint16 port)
{
    sockaddr_storage storage;
    const socklen_t size = fill(storage, address, port);
    const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int descriptor = ::socket(storage.ss_family, type, 0);
    if (descriptor < 0)
        return -1;
    const int on = 1;
    const int off = 0;
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // Those that are accepted have it from here: a small frame must not wait for the
    // acknowledgement of the one before.
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (address == QHostAddress(QHostAddress::Any))
        ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(descriptor, reinterpret_cast<const sockaddr *>(&storage), size) == 0
        && ::listen(descriptor, kBacklog) == 0)
        return descriptor;
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
}

quint16 portOf(int descriptor)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ::getsockname(descriptor, reinterpret_cast<sockaddr *>(&storage), &size);
    // The port is at the same place for both families.
    return ntohs(reinterpret_cast<const sockaddr_in *>(&storage)->sin_port);
}

int openSpare()
{
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

} // namespace

Listener::Listener(Accepted accepted, Refused refused, QObject *parent)
    : QObject(parent), m_accepted(std::move(accepted)), m_refused(std::move(refused))
{
    m_resume.setSingleShot(true);
    m_resume.setInterval(100ms);
    connect(&m_resume, &QTimer::timeout, this, [this] {
        if (m_spare < 0)
            m_spare = openSpare();
        m_notifier->setEnabled(true);
    });
}

Listener::~Listener()
{
    close();
}

Result<quint16> Listener::listen(const QHostAddress &address, quint16 port)
{
    close();
    m_descriptor = openSocket(address, port);
    if (m_descriptor < 0 && errno == EAFNOSUPPORT && address == QHostAddress(QHostAddress::Any))
        m_descriptor = openSocket(QHostAddress(QHostAddress::AnyIPv4), port);
    if (m_descriptor < 0)
        return fail(ErrorCode::Unavailable, qt_error_string(errno));
    m_spare = openSpare();
    m_notifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Listener::acceptWaiting);
    return portOf(m_descriptor);
}

void Listener::close()
{
    m_resume.stop();
    if (m_notifier) {
        m_notifier->setEnabled(false);
        m_notifier.release()->deleteLater(); // it may be the one that is calling us
    }
    for (int *descriptor : {&m_descriptor, &m_spare}) {
        if (*descriptor >= 0)
            ::close(std::exchange(*descriptor, -1));
    }
}

void Listener::acceptWaiting()
{
    for (int i = 0; i < kAcceptedPerPass && m_descriptor >= 0; ++i) {
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        const int accepted = ::accept4(m_descriptor, reinterpret_cast<sockaddr *>(&storage), &size,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) {
            if (recoverFrom(errno))
                continue;
            return;
        }
        m_accepted(accepted, peerFrom(storage));
    }
}

/// True when the next connection may be asked for at once.
bool Listener::recoverFrom(int acceptError)
{
    switch (acceptError) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        return refuseWaiting();
    case ENOBUFS:
    case ENOMEM:
        pause();
        return false;
    default:
        // Of the connection, not of the listener: ECONNABORTED, EINTR, and what Linux passes on.
        return true;
    }
}

/// Linux looks for a descriptor before it looks for a connection, so there may be none to refuse.
bool Listener::refuseWaiting()
{
    if (m_spare >= 0)
        ::close(std::exchange(m_spare, -1));
    const int accepted = ::accept4(m_descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    const bool isNoneWaiting = accepted < 0 && errno == EAGAIN;
    if (accepted >= 0) {
        ::close(accepted);
        m_refused();
    }
    m_spare = openSpare();
    if (m_spare < 0 || (accepted < 0 && !isNoneWaiting))
        pause();
    return accepted >= 0 && m_spare >= 0;
}

void Listener::pause()
{
    const QString text
        = QStringLiteral("Out of descriptors or memory: accepting pauses for a moment");
    if (mayLog(text))
        qCWarning(lcTransport).noquote() << text;
    m_notifier->setEnabled(false);
    m_resume.start();
}

} // namespace presence::transport
