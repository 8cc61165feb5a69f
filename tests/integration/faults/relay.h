// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLocalSocket>
#include <QTcpServer>
#include <QTcpSocket>

#include <memory>

namespace presence::test {

/// A way to a server on a unix socket that can be cut: what is said then is kept from either side,
/// as when a cable is pulled.
class Relay : public QTcpServer
{
public:
    explicit Relay(QString to) : m_to(std::move(to))
    {
        listen(QHostAddress::LocalHost);
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *near = nextPendingConnection())
                join(near);
        });
    }

    void cut() { m_isCut = true; }
    /// Connections that were made before are broken: their bytes are lost.
    void restore()
    {
        m_isCut = false;
        for (QTcpSocket *near : findChildren<QTcpSocket *>())
            near->abort();
    }

private:
    void join(QTcpSocket *near)
    {
        auto *far = new QLocalSocket(near);
        far->connectToServer(m_to);
        const auto pass = [this](QIODevice &from, QIODevice &to) {
            const QByteArray bytes = from.readAll();
            if (!m_isCut)
                to.write(bytes);
        };
        connect(near, &QTcpSocket::readyRead, far, [=] { pass(*near, *far); });
        connect(far, &QLocalSocket::readyRead, near, [=] { pass(*far, *near); });
        connect(near, &QTcpSocket::disconnected, near, &QObject::deleteLater);
        connect(far, &QLocalSocket::disconnected, near, [near] { near->abort(); });
    }

    QString m_to;
    bool m_isCut = false;
};

} // namespace presence::test
