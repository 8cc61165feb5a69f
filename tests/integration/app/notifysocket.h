// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QSocketNotifier>
#include <QTemporaryDir>
#include <QTest>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace presence::test {

/// What systemd listens on to hear of a service of Type=notify.
class NotifySocket
{
public:
    NotifySocket()
    {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        const QByteArray path = QFile::encodeName(this->path());
        std::copy(path.begin(), path.end(), address.sun_path);
        if (::bind(m_socket, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
            qFatal("cannot bind %s", path.constData());
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] {
            char buffer[4096];
            const auto size = ::recv(m_socket, buffer, sizeof(buffer), 0);
            if (size > 0)
                received.append(QByteArray(buffer, size));
        });
    }
    ~NotifySocket() { ::close(m_socket); }
    Q_DISABLE_COPY_MOVE(NotifySocket)

    QString path() const { return m_directory.filePath(QStringLiteral("notify")); }

    QByteArrayList received;

private:
    QTemporaryDir m_directory;
    int m_socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    QSocketNotifier m_notifier{m_socket, QSocketNotifier::Read};
};

} // namespace presence::test
