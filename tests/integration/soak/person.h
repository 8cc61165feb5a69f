// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/asyncclient.h"

#include <QRandomGenerator>
#include <QSet>

#include <memory>

namespace presence::test {

/// A client that does at random what clients do: a device of one user, which also looks at its
/// workspace. Comes back when it was closed.
class Person
{
public:
    Person(int number, std::vector<quint16> ports, QRandomGenerator &random);

    void act(); ///< one thing
    void connect(); ///< if it is not
    void settle(); ///< visible, if it is not known to be

    QString user() const { return m_user; }
    QString workspace() const { return m_workspace; }
    bool isConnected() const { return m_client && !m_client->isClosed(); }
    /// It has joined its presence topic; a join that was refused is repeated.
    bool isPresent();
    bool hasState() const { return m_hasState; }
    /// Users of the workspace, as was told.
    const QSet<QString> &view() const { return m_view; }

private:
    void take(const QString &topic, const QString &event, const QJsonObject &payload);
    void push(const QString &event, const QJsonObject &payload);
    QJsonObject anyChannel();
    void joinPresence();

    QString m_user;
    QString m_workspace;
    std::vector<quint16> m_ports;
    QRandomGenerator &m_random;
    bool m_hasState = false;
    QSet<QString> m_view;
    QString m_presenceJoin; ///< its ref
    std::unique_ptr<AsyncClient> m_client;
};

} // namespace presence::test
