// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/asyncclient.h"

#include <QJsonArray>
#include <QList>

#include <functional>
#include <optional>

namespace presence::test {

/// An AsyncClient for tests that do one thing after the other. Every function that waits gives up
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
    struct Push
    {
        QString topic;
        QString event;
        QJsonObject payload;
    };

    QJsonObject replyTo(const QString &ref) const;

    quint16 m_port;
    QByteArray m_token;
    QList<Push> m_pushes;
    std::optional<AsyncClient> m_client; ///< last: it fills the rest
};

} // namespace presence::test
