// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QObject>
#include <QWebSocket>

namespace presence::demo {

/// A client of Phoenix Channels on 127.0.0.1, as an app of a user is one. It does not come back by
/// itself: Population says when, and where to.
class Device final : public QObject
{
    Q_OBJECT
public:
    struct Identity
    {
        QByteArray user;
        QByteArray device; ///< such as web:chrome
        QByteArray workspace;
        QByteArray channel; ///< that it looks at
        bool isWatching = false; ///< hears who comes and goes in its workspace
    };
    enum class Ending { Lost, SignedOff };

    /// Tokens are signed with `secret`.
    Device(Identity identity, QByteArray secret, QObject *parent);
    ~Device() override;

    void open(quint16 port); ///< with a token that is issued now
    void close(); ///< as an app that is closed
    void drop(); ///< as a network that is gone

    bool isAway() const { return !m_socket; } ///< not connected, nor about to be
    bool isJoined() const { return m_isJoined; }
    quint16 port() const { return m_port; } ///< of its node; 0 while it is away
    const QByteArray &channel() const { return m_identity.channel; }

    /// What a user does; nothing while it has not joined.
    void push(QByteArrayView event, const QJsonObject &payload);
    void look(const QByteArray &channel); ///< at this one instead

Q_SIGNALS:
    /// By itself: not after close() and drop().
    void ended(presence::demo::Device::Ending ending);

private:
    void join();
    void send(const QByteArray &joinRef, const QByteArray &topic, QByteArrayView event,
              const QJsonObject &payload);
    void received(const QString &text);
    void end(Ending ending);
    QWebSocket *release();
    QByteArray token() const;

    Identity m_identity;
    const QByteArray m_secret;
    const QByteArray m_topic;
    QWebSocket *m_socket = nullptr;
    quint16 m_port = 0;
    bool m_isJoined = false;
    qint64 m_lastRef = 0;
};

} // namespace presence::demo
