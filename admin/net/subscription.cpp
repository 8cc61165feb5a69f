// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/net/subscription.h"

#include "shared/protocol/phoenixmessage.h"

namespace presence::dashboard {

using namespace std::chrono_literals;
using protocol::JsonView;

/// Before a join that was refused for the moment is tried again.
static constexpr auto kPause = 2000ms;

Subscription::Subscription(Connection &connection, QByteArray topic, QJsonObject params,
                           Handlers handlers)
    : m_connection(&connection), m_topic(std::move(topic)), m_params(std::move(params)),
      m_handlers(std::move(handlers))
{
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, [this] {
        if (m_connection && m_connection->isOpen())
            join();
    });
    connect(&connection, &Connection::stateChanged, this, [this] {
        if (m_connection && !m_connection->isOpen())
            m_isJoined = false;
    });
    connection.add(*this);
}

Subscription::~Subscription()
{
    if (m_connection)
        m_connection->remove(*this);
}

void Subscription::ask(QByteArrayView event, const QJsonObject &payload,
                       const Connection::Answered &answered)
{
    if (m_connection)
        m_connection->ask(m_topic, event, payload, answered);
}

void Subscription::join()
{
    m_isJoined = false;
    const auto reply = [self = QPointer(this)](const Result<JsonView> &answer) {
        if (self)
            self->answered(answer);
    };
    m_joinRef = m_connection->send({}, m_topic, protocol::event::kJoin, m_params, reply);
}

void Subscription::answered(const Result<JsonView> &reply)
{
    if (reply) {
        m_isJoined = true;
        return m_handlers.joined(*reply);
    }
    const bool mayTryAgain = reply.error().isTransient();
    if (mayTryAgain && m_connection && m_connection->isOpen())
        m_again.start(kPause);
    m_handlers.refused(reply.error().detail);
}

void Subscription::pushed(QByteArrayView event, const JsonView &payload)
{
    if (event == protocol::event::kError) {
        m_again.start(kPause);
        return;
    }
    if (m_isJoined)
        m_handlers.pushed(event, payload);
}

} // namespace presence::dashboard
