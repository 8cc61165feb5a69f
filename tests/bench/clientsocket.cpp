// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/clientsocket.h"

#include "tests/bench/serverframe.h"
#include "tests/unit/transport/clientframe.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace presence::bench {

using transport::Opcode;
namespace wire = transport::test;

void ClientSocket::open(const sockaddr_in &server, QByteArray request)
{
    m_held = std::move(request);
    m_descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (m_descriptor < 0)
        return fail(std::strerror(errno));
    const auto address = reinterpret_cast<const sockaddr *>(&server);
    if (::connect(m_descriptor, address, sizeof server) < 0 && errno != EINPROGRESS)
        return fail(std::strerror(errno));
    watch(QSocketNotifier::Write, &ClientSocket::connected);
}

void ClientSocket::watch(QSocketNotifier::Type type, void (ClientSocket::*slot)())
{
    m_notifier = std::make_unique<QSocketNotifier>(m_descriptor, type);
    QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(),
                     [this, slot] { (this->*slot)(); });
}

void ClientSocket::connected()
{
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(m_descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0)
        return fail(std::strerror(error));
    // It is the sender of this very call.
    m_notifier->setEnabled(false);
    m_notifier.release()->deleteLater();
    watch(QSocketNotifier::Read, &ClientSocket::readable);
    send(std::exchange(m_held, {}));
}

void ClientSocket::readable()
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
        return consume(fresh);
    const QByteArray joined = std::exchange(m_held, {}).append(fresh);
    consume(joined);
}

void ClientSocket::consume(QByteArrayView bytes)
{
    while (m_descriptor >= 0 && !bytes.isEmpty()) {
        const qsizetype used = m_isOpen ? consumeFrame(bytes) : consumeHandshake(bytes);
        if (used == 0) {
            m_held = bytes.toByteArray();
            return;
        }
        bytes = bytes.sliced(used);
    }
}

/// The bytes of the hand-shake, 0 when it is not whole.
qsizetype ClientSocket::consumeHandshake(QByteArrayView bytes)
{
    static constexpr QByteArrayView kEnd("\r\n\r\n");
    const qsizetype end = bytes.indexOf(kEnd);
    if (end < 0)
        return 0;
    if (!bytes.startsWith("HTTP/1.1 101 ")) {
        fail(bytes.first(bytes.indexOf('\r')).toByteArray());
        return bytes.size();
    }
    m_isOpen = true;
    m_observer.opened(*this);
    return end + kEnd.size();
}

/// The bytes of the first frame, 0 when it is not whole.
qsizetype ClientSocket::consumeFrame(QByteArrayView bytes)
{
    const auto frame = ServerFrame::first(bytes);
    if (!frame)
        return 0;
    if (frame->opcode == Opcode::Text)
        m_observer.textMessage(*this, frame->payload);
    else if (frame->opcode == Opcode::Ping)
        sendFrame(wire::kFinalPong, frame->payload);
    else if (frame->opcode == Opcode::Close)
        fail("close " + QByteArray::number(frame->closeCode()));
    else
        fail("unexpected opcode " + QByteArray::number(static_cast<int>(frame->opcode)));
    return frame->size;
}

void ClientSocket::sendText(QByteArrayView text)
{
    sendFrame(wire::kFinalText, text);
}

void ClientSocket::sendFrame(quint8 start, QByteArrayView payload)
{
    send(wire::clientFrame(start, payload));
}

void ClientSocket::send(QByteArrayView bytes)
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

void ClientSocket::fail(const QByteArray &why)
{
    close();
    m_observer.closed(*this, why);
}

void ClientSocket::close()
{
    // The notifier may be the sender of the call that ends here.
    if (m_notifier)
        m_notifier->setEnabled(false);
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

} // namespace presence::bench
