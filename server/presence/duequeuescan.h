// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/presence/store.h"

#include <QDeadlineTimer>
#include <QTimer>

#include <functional>

namespace presence::rules {

/// Finds what the due queues have lost, by an eviction or a failover: goes through the keys of all
/// servers for ever, a part at each step, and names the users and channels that are in no
/// due queue. Most of them rightly so, as nobody is there. While the master that has a due queue is
/// away, it names all that it finds at others, and goes on by itself. Belongs to one thread.
class DueQueueScan
{
public:
    using Found = std::function<void(const std::vector<QByteArray> &members)>;
    DueQueueScan(const Store &store, Found users, Found channels);

    /// Looks at some hundred keys. Nothing, while the step before is under way or has just
    /// been.
    void step();
    void stop() { m_next.stop(); }

private:
    void take(const Result<redis::Reply> &reply);
    void compare(const QByteArray &queue, std::vector<QByteArray> members, const Found &found);

    const Store &m_store;
    Found m_users;
    Found m_channels;
    std::vector<QByteArray> m_routes; ///< of this pass, the next one last
    QByteArray m_cursor = "0";
    QDeadlineTimer m_pause; ///< until the next step
    QTimer m_next; ///< step, while a due queue is away
    bool m_isBusy = false;
};

} // namespace presence::rules
