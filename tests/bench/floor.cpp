// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/floor.h"

#include <QCoreApplication>

#include <array>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace presence::bench {

using namespace Qt::StringLiterals;

Floor::Floor(int receivers, int frameSize)
    : m_frameSize(frameSize), m_receivers(static_cast<size_t>(receivers))
{
    m_server.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_server.start(QCoreApplication::applicationFilePath(),
                   {u"--floor-server"_s, QString::number(receivers), QString::number(frameSize)});
    if (!m_server.waitForReadyRead() || !connectAll(m_server.readLine().trimmed().toUShort()))
        return;
    while (!m_server.canReadLine() && m_server.waitForReadyRead()) { }
    m_isReady = m_server.readLine().trimmed() == "ready";
}

Floor::~Floor()
{
    for (Receiver &receiver : m_receivers) {
        receiver.notifier.reset();
        if (receiver.descriptor >= 0)
            ::close(receiver.descriptor);
    }
    m_server.closeWriteChannel();
    m_server.waitForFinished();
}

bool Floor::connectAll(quint16 port)
{
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (Receiver &receiver : m_receivers) {
        receiver.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto address = reinterpret_cast<const sockaddr *>(&server);
        if (::connect(receiver.descriptor, address, sizeof server) < 0)
            return false;
        receiver.notifier
            = std::make_unique<QSocketNotifier>(receiver.descriptor, QSocketNotifier::Read);
        QObject::connect(receiver.notifier.get(), &QSocketNotifier::activated,
                         receiver.notifier.get(), [this, &receiver] { readable(receiver); });
    }
    return true;
}

bool Floor::run(Deliveries &deliveries)
{
    for (Receiver &receiver : m_receivers)
        receiver.received = 0;
    m_deliveries = &deliveries;
    const bool isComplete = deliveries.run();
    m_deliveries = nullptr;
    return isComplete;
}

void Floor::publish()
{
    m_server.write("x", 1);
}

void Floor::readable(Receiver &receiver)
{
    static std::array<char, 64 * 1024> buffer;
    const ssize_t count = ::recv(receiver.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0 || !m_deliveries)
        return receiver.notifier->setEnabled(count > 0);
    const qint64 before = receiver.received / m_frameSize;
    receiver.received += count;
    for (qint64 message = before; message < receiver.received / m_frameSize; ++message)
        m_deliveries->delivered(static_cast<int>(message));
}

} // namespace presence::bench
