// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/asyncclient.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkProxy>

namespace presence::test {

using namespace Qt::StringLiterals;

AsyncClient::AsyncClient(quint16 port, const QByteArray &token, OnPush onPush)
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

AsyncClient::~AsyncClient()
{
    m_onPush = nullptr;
    m_socket.abort();
}

QString AsyncClient::join(const QString &topic, const QJsonObject &payload)
{
    const QString joinRef = QString::number(m_lastRef + 1);
    m_joinRefs[topic] = joinRef;
    return send(joinRef, topic, u"phx_join"_s, payload);
}

QString AsyncClient::push(const QString &topic, const QString &event, const QJsonObject &payload)
{
    return send(m_joinRefs.value(topic), topic, event, payload);
}

QString AsyncClient::send(const QString &joinRef, const QString &topic, const QString &event,
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

std::optional<QJsonObject> AsyncClient::reply(const QString &ref) const
{
    const auto found = m_replies.find(ref);
    return found == m_replies.end() ? std::nullopt : std::optional(*found);
}

void AsyncClient::received(const QString &text)
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
