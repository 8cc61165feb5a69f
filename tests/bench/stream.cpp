// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/stream.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace presence::bench {

void Stream::open(const sockaddr_in &server)
{
    m_descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (m_descriptor < 0)
        return fail(std::strerror(errno));
    const auto address = reinterpret_cast<const sockaddr *>(&server);
    if (::connect(m_descriptor, address, sizeof server) < 0 && errno != EINPROGRESS)
        return fail(std::strerror(errno));
    watch(QSocketNotifier::Write, &Stream::writable);
}

void Stream::watch(QSocketNotifier::Type type, void (Stream::*slot)())
{
    m_notifier = std::make_unique<QSocketNotifier>(m_descriptor, type);
    QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(),
                     [this, slot] { (this->*slot)(); });
}

void Stream::writable()
{
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(m_descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return fail(std::strerror(error));
    // It is the sender of this very call.
    m_notifier->setEnabled(false);
    m_notifier.release()->deleteLater();
    watch(QSocketNotifier::Read, &Stream::readable);
    connected();
}

void Stream::readable()
{
    // One for all: nothing stays in it from call to call.
    static std::array<char, 64 * 1024> buffer;
    const ssize_t count = ::recv(m_descriptor, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count < 0)
        return fail(std::strerror(errno));
    if (count == 0)
        return fail("end of stream");
    const QByteArrayView fresh(buffer.data(), count);
    if (m_held.isEmpty())
        return consumeAll(fresh);
    const QByteArray joined = std::exchange(m_held, {}).append(fresh);
    consumeAll(joined);
}

void Stream::consumeAll(QByteArrayView bytes)
{
    while (m_descriptor >= 0 && !bytes.isEmpty()) {
        const qsizetype used = consume(bytes);
        if (used == 0) {
            m_held = bytes.toByteArray();
            return;
        }
        bytes = bytes.sliced(used);
    }
}

void Stream::send(QByteArrayView bytes)
{
    if (m_descriptor < 0)
        return;
    const ssize_t count
        = ::send(m_descriptor, bytes.data(), static_cast<size_t>(bytes.size()), MSG_NOSIGNAL);
    if (count < 0)
        fail(std::strerror(errno));
    else if (count < bytes.size())
        fail("does not read what is sent");
}

void Stream::fail(const QByteArray &why)
{
    close();
    ended(why);
}

void Stream::close()
{
    // The notifier may be the sender of the call that ends here.
    if (m_notifier)
        m_notifier->setEnabled(false);
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

} // namespace presence::bench
