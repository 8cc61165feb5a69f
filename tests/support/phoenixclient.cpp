// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/phoenixclient.h"

#include "tests/support/daemonprocess.h"

#include <QTest>

#include <algorithm>

namespace presence::test {

PhoenixClient::PhoenixClient(quint16 port, const QByteArray &token) : m_port(port), m_token(token)
{
}

bool PhoenixClient::open()
{
    m_client.emplace(
        m_port, m_token,
        [this](const QString &topic, const QString &event, const QJsonObject &payload) {
            m_pushes.append({topic, event, payload});
        });
    return QTest::qWaitFor([this] { return m_client->isOpen(); }, kDaemonPatience);
}

int PhoenixClient::waitForClose()
{
    const bool isClosed = QTest::qWaitFor([this] { return m_client->isClosed(); }, kDaemonPatience);
    return isClosed ? m_client->closeCode() : 0;
}

QJsonObject PhoenixClient::join(const QString &topic, const QJsonObject &payload)
{
    return replyTo(m_client->join(topic, payload));
}

QJsonObject PhoenixClient::push(const QString &topic, const QString &event,
                                const QJsonObject &payload)
{
    return replyTo(m_client->push(topic, event, payload));
}

QJsonObject PhoenixClient::replyTo(const QString &ref) const
{
    const bool isThere
        = QTest::qWaitFor([&] { return m_client->reply(ref).has_value(); }, kDaemonPatience);
    return isThere ? *m_client->reply(ref) : QJsonObject();
}

QJsonObject PhoenixClient::next(const QString &topic, const QString &event,
                                const std::function<bool(const QJsonObject &)> &matches)
{
    auto found = m_pushes.cend();
    const bool isThere = QTest::qWaitFor(
        [&] {
            found = std::find_if(m_pushes.cbegin(), m_pushes.cend(), [&](const Push &push) {
                return push.topic == topic && push.event == event && matches(push.payload);
            });
            return found != m_pushes.cend();
        },
        kDaemonPatience);
    return isThere ? found->payload : QJsonObject();
}

} // namespace presence::test
