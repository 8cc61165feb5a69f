// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/phoenixclient.h"

#include <QJsonDocument>
#include <QNetworkProxy>
#include <QTest>

#include <algorithm>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr int kPatience = 20'000; // ms

PhoenixClient::PhoenixClient(quint16 port, const QByteArray &token)
    : m_url(u"ws://127.0.0.1:%1/socket/websocket?vsn=2.0.0&token=%2"_s.arg(port).arg(
        QString::fromLatin1(token)))
{
    m_socket.setProxy(QNetworkProxy::NoProxy);
    QObject::connect(&m_socket, &QWebSocket::textMessageReceived, &m_socket,
                     [this](const QString &text) {
                         m_messages.append(QJsonDocument::fromJson(text.toUtf8()).array());
                     });
}

bool PhoenixClient::open()
{
    m_socket.open(m_url);
    return QTest::qWaitFor([this] { return m_socket.state() == QAbstractSocket::ConnectedState; },
                           kPatience);
}

int PhoenixClient::waitForClose()
{
    const bool isClosed = QTest::qWaitFor(
        [this] { return m_socket.state() == QAbstractSocket::UnconnectedState; }, kPatience);
    return isClosed ? m_socket.closeCode() : 0;
}

QJsonObject PhoenixClient::join(const QString &topic, const QJsonObject &payload)
{
    const QString joinRef = QString::number(m_lastRef + 1);
    m_joinRefs[topic] = joinRef;
    return ask(joinRef, topic, u"phx_join"_s, payload);
}

QJsonObject PhoenixClient::push(const QString &topic, const QString &event,
                                const QJsonObject &payload)
{
    return ask(m_joinRefs.value(topic), topic, event, payload);
}

QJsonObject PhoenixClient::ask(const QJsonValue &joinRef, const QString &topic,
                               const QString &event, const QJsonObject &payload)
{
    const QString ref = QString::number(++m_lastRef);
    const QJsonArray message{joinRef, ref, topic, event, payload};
    m_socket.sendTextMessage(
        QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact)));
    return await([&](const QJsonArray &m) { return m[1] == ref && m[3] == "phx_reply"_L1; });
}

QJsonObject PhoenixClient::next(const QString &topic, const QString &event,
                                const std::function<bool(const QJsonObject &)> &matches)
{
    return await([&](const QJsonArray &m) {
        return m[2] == topic && m[3] == event && matches(m[4].toObject());
    });
}

QJsonObject PhoenixClient::await(const std::function<bool(const QJsonArray &)> &matches) const
{
    auto found = m_messages.end();
    const bool isThere = QTest::qWaitFor(
        [&] {
            found = std::find_if(m_messages.begin(), m_messages.end(), matches);
            return found != m_messages.end();
        },
        kPatience);
    return isThere ? found->at(4).toObject() : QJsonObject();
}

} // namespace presence::test
