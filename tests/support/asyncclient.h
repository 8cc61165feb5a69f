// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QJsonObject>
#include <QMap>
#include <QWebSocket>

#include <functional>
#include <optional>

namespace presence::test {

/// A client of Phoenix Channels, serializer V2, on 127.0.0.1, that never waits: what it was told
/// is there to be looked at. PhoenixClient waits.
class AsyncClient
{
public:
    /// Called with topic, event and payload of each push of the server.
    using OnPush = std::function<void(const QString &, const QString &, const QJsonObject &)>;

    AsyncClient(quint16 port, const QByteArray &token, OnPush onPush);
    ~AsyncClient();
    Q_DISABLE_COPY_MOVE(AsyncClient)

    /// Both send, as soon as the connection is there, and return the ref of the reply to come.
    QString join(const QString &topic, const QJsonObject &payload = {});
    QString push(const QString &topic, const QString &event, const QJsonObject &payload = {});

    /// {"status", "response"}; nothing yet.
    std::optional<QJsonObject> reply(const QString &ref) const;

    void close() { m_socket.close(); }
    void drop() { m_socket.abort(); } ///< without a word
    bool isOpen() const { return m_isOpen && !m_isClosed; }
    bool isClosed() const { return m_isClosed; }
    int closeCode() const { return m_socket.closeCode(); }

private:
    QString send(const QString &joinRef, const QString &topic, const QString &event,
                 const QJsonObject &payload);
    void received(const QString &text);

    OnPush m_onPush;
    QStringList m_unsent;
    QMap<QString, QString> m_joinRefs; ///< by topic
    QMap<QString, QJsonObject> m_replies; ///< by ref
    int m_lastRef = 0;
    bool m_isOpen = false;
    bool m_isClosed = false;
    QWebSocket m_socket; ///< last: its signals fill the rest
};

} // namespace presence::test
