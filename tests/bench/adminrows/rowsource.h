// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/protocol/phoenixmessage.h"

#include <QRandomGenerator>
#include <QTimer>
#include <QWebSocketServer>

#include <memory>
#include <vector>

namespace presence::bench {

/// What a dashboard sees of a daemon with one large workspace in which much happens: the topics
/// admin:overview and admin:workspace:bench, without the daemon's own cost. Not for more than a few
/// sockets. The workspace changes from the first join of it until the event "stop".
class RowSource : public QObject
{
    Q_OBJECT
public:
    /// `rate` changes a second, told four times a second as the daemon does.
    RowSource(int users, int rate);

    bool listen() { return m_server.listen(QHostAddress::LocalHost); }
    quint16 port() const { return m_server.serverPort(); }

private:
    struct User
    {
        int version = 0; ///< of its message
        int status = 0; ///< index in the names
        int idleDevices = 0;
        qint64 lastHeartbeat = 0; ///< s
        bool isThere = true;
    };
    struct Client
    {
        QWebSocket *socket;
        bool isWatching = false;
    };

    void accept();
    void received(Client &client, const QString &text);
    void tellOverview();
    void change();
    void changeUser(size_t user);
    QByteArray rowOf(size_t user) const;
    QByteArray page(const QByteArray &after) const;
    QByteArray answerTo(Client &client, const protocol::Message &message);
    void push(const Client &client, QByteArrayView topic, QByteArrayView event,
              QByteArrayView payload);

    std::vector<User> m_users;
    int m_rate;
    QRandomGenerator m_random{1};
    std::vector<std::unique_ptr<Client>> m_clients;
    QTimer m_overview;
    QTimer m_changes;
    QWebSocketServer m_server;
};

} // namespace presence::bench
