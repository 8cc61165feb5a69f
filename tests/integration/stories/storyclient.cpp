// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/storyclient.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkProxy>

namespace presence::test {

using namespace Qt::StringLiterals;

StoryClient::StoryClient(quint16 port, const QByteArray &token, OnPush onPush)
    : m_onPush(std::move(onPush))
{
    m_socket.setProxy(QNetworkProxy::NoProxy);
    QObject::connect(&m_socket, &QWebSocket::textMessageReceived, &m_socket,
                     [this](const QString &text) { received(text); });
    QObject::connect(&m_socket, &QWebSocket::connected, &m_socket, [this] {
        m_isOpen = true;
        for (const QString &text : std::exchange(m_unsent, {}))
            m_socket.sendTextMessage(text);
    });
    QObject::connect(&m_socket, &QWebSocket::disconnected, &m_socket,
                     [this] { m_isClosed = true; });
    m_socket.open(QUrl(u"ws://127.0.0.1:%1/socket/websocket?vsn=2.0.0&token=%2"_s.arg(port).arg(
        QString::fromLatin1(token))));
}

StoryClient::~StoryClient()
{
    m_onPush = nullptr;
    m_socket.abort();
}

QString StoryClient::join(const QString &topic, const QJsonObject &payload)
{
    const QString joinRef = QString::number(m_lastRef + 1);
    m_joinRefs[topic] = joinRef;
    return send(joinRef, topic, u"phx_join"_s, payload);
}

QString StoryClient::push(const QString &topic, const QString &event, const QJsonObject &payload)
{
    return send(m_joinRefs.value(topic), topic, event, payload);
}

QString StoryClient::send(const QString &joinRef, const QString &topic, const QString &event,
                          const QJsonObject &payload)
{
    const QString ref = QString::number(++m_lastRef);
    const QJsonArray message{joinRef, ref, topic, event, payload};
    const QString text = QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact));
    if (m_isOpen)
        m_socket.sendTextMessage(text);
    else
        m_unsent.append(text);
    return ref;
}

std::optional<QJsonObject> StoryClient::reply(const QString &ref) const
{
    const auto found = m_replies.find(ref);
    return found == m_replies.end() ? std::nullopt : std::optional(*found);
}

void StoryClient::received(const QString &text)
{
    const QJsonArray message = QJsonDocument::fromJson(text.toUtf8()).array();
    const QString event = message[3].toString();
    const QJsonObject payload = message[4].toObject();
    if (event == "phx_reply"_L1)
        m_replies.insert(message[1].toString(), payload);
    // Replies too: what comes after one must not be handled before it.
    if (m_onPush)
        m_onPush(message[2].toString(), event, payload);
}

} // namespace presence::test
