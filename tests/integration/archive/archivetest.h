// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/daemon/daemonfixture.h"
#include "tests/support/mongoserver.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QTest>

#include <optional>

namespace presence::test {

/// A test of a daemon, node-1, with a MongoDB beside it: each test function has both anew.
class ArchiveTest : public QObject
{
    Q_OBJECT
protected:
    static constexpr int kRecovery = 20'000; ///< ms
    static inline const QString kAlice = QStringLiteral("/api/presence/users/alice");

    DaemonProcess::Environment environment(const QString &node) const;

    RestClient as(const QString &user) const { return m_fixture->as(user); }
    void beat(const QString &user);
    void setStatus(const QString &user, const QJsonObject &status); ///< of a user that is there

    QString archiveState() const; ///< as /health says it
    int waiting() const; ///< changes that are not in MongoDB yet
    void awaitArchived();
    void awaitReadable(); ///< after a loss: nodes have time to say who is there

    QJsonArray history(const QString &user, int limit = 100) const;
    QString types(const QString &user) const; ///< of its history, the newest first

    std::optional<MongoServer> m_mongo;
    std::optional<DaemonFixture> m_fixture;

private Q_SLOTS:
    void init();
    void cleanup();
};

} // namespace presence::test
