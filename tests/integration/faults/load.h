// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/asyncclient.h"

#include <QElapsedTimer>
#include <QHash>
#include <QTimer>

#include <memory>
#include <vector>

namespace presence::test {

/// Clients of some nodes, who are online in workspaces and count in their status: one after the
/// other, so many a second. Knows what became of each change.
class Load : public QObject
{
public:
    struct Options
    {
        int size = 0;
        int changesPerSecond = 0;
        int workspaces = 0;
    };

    /// Member i is on the i-th of `ports`, counted round.
    Load(const std::vector<quint16> &ports, const Options &options);

    [[nodiscard]] bool enter(); ///< all of them, a hundred at a time
    void start();
    [[nodiscard]] bool stop(); ///< and waits for the answers that are due

    /// From now on the time until changes work counts.
    void expectFault();
    /// So many changes in a row were acknowledged.
    bool isHealthy(int many) const { return m_inARow >= many; }
    qint64 degradedFor() const { return m_lastRefusal; } ///< ms from expectFault()
    qint64 slowest() const { return m_slowest; } ///< ms that an answer took since then

    QString userOf(int member) const;
    static QString workspaceOf(int number);

    /// What a user's message was at last, as far as was acknowledged; 0 for none.
    QHash<QString, int> acknowledged() const;
    /// The last that was tried.
    QHash<QString, int> tried() const;

    int changes() const { return m_changes; }
    int refused() const { return m_refused; }
    int dropped() const; ///< clients that were closed

private:
    struct Member
    {
        std::unique_ptr<AsyncClient> client;
        bool isHere = false;
        int acknowledged = 0;
        int tried = 0;
        qint64 askedAt = -1; ///< of an answer that is due
    };

    void change();
    void answered(int member, bool isOk);
    bool isIdle() const;

    std::vector<quint16> m_ports;
    Options m_options;
    std::vector<Member> m_members;
    int m_next = 0;
    int m_changes = 0;
    int m_refused = 0;
    int m_inARow = 0;
    qint64 m_lastRefusal = 0;
    qint64 m_slowest = 0;
    QElapsedTimer m_clock;
    QElapsedTimer m_sinceTick;
    QTimer m_timer;
};

} // namespace presence::test
