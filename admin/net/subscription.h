// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/net/connection.h"

#include <QPointer>

namespace presence::dashboard {

/// A topic that is joined for as long as this exists, whenever there is a connection.
///
/// The handlers read their JSON at once. One subscription a topic and connection at a time.
class Subscription : public QObject
{
    Q_OBJECT
public:
    struct Handlers
    {
        /// Each time it is joined: what is told from then on follows what was answered.
        std::function<void(const protocol::JsonView &response)> joined = [](const auto &) {};
        std::function<void(QByteArrayView event, const protocol::JsonView &payload)> pushed
            = [](auto, const auto &) {};
        /// It was refused, in words. Tried again where that is of use.
        std::function<void(const QString &why)> refused = [](const QString &) {};
    };

    Subscription(Connection &connection, QByteArray topic, QJsonObject params, Handlers handlers);
    ~Subscription() override;

    const QByteArray &topic() const { return m_topic; }
    bool isJoined() const { return m_isJoined; }

    /// As Connection::ask().
    void ask(QByteArrayView event, const QJsonObject &payload,
             const Connection::Answered &answered);
    /// Of the next join.
    void setParams(const QJsonObject &params) { m_params = params; }

private:
    friend class Connection;

    void join();
    void answered(const Result<protocol::JsonView> &reply);
    void pushed(QByteArrayView event, const protocol::JsonView &payload);

    Connection *m_connection;
    QByteArray m_topic;
    QJsonObject m_params;
    Handlers m_handlers;
    QByteArray m_joinRef;
    bool m_isJoined = false;
    QTimer m_again;
};

} // namespace presence::dashboard
