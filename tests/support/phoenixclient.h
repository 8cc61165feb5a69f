// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QWebSocket>

#include <functional>

namespace presence::test {

/// A client of Phoenix Channels, serializer V2, on 127.0.0.1. Every function that waits gives up
/// after 20 s.
class PhoenixClient
{
public:
    PhoenixClient(quint16 port, const QByteArray &token);

    [[nodiscard]] bool open();
    int waitForClose(); ///< the close code; 0 when it stays open

    /// Sends and waits for the reply: {"status", "response"}.
    QJsonObject join(const QString &topic, const QJsonObject &payload = {});
    QJsonObject push(const QString &topic, const QString &event, const QJsonObject &payload = {});

    /// The payload of the first push of `event` on `topic` that `matches`, come or still to come.
    QJsonObject next(
        const QString &topic, const QString &event,
        const std::function<bool(const QJsonObject &)> &matches = [](auto &) { return true; });

private:
    QJsonObject ask(const QJsonValue &joinRef, const QString &topic, const QString &event,
                    const QJsonObject &payload);
    QJsonObject await(const std::function<bool(const QJsonArray &)> &matches) const;

    QUrl m_url;
    QList<QJsonArray> m_messages;
    QMap<QString, QString> m_joinRefs; ///< by topic
    int m_lastRef = 0;
    QWebSocket m_socket; ///< last: its signals fill the rest
};

} // namespace presence::test
