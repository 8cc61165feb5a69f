// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QHash>
#include <QObject>

#include <functional>
#include <memory>
#include <queue>

namespace presence::limits {

/// Has each owner read a little at a time: what is more waits for what it has under way, so that
/// nobody else waits behind it. Belongs to one thread, and outlives its tickets.
class FairQueue
{
public:
    /// Rows that an owner has under way; one task may be more.
    static constexpr int kWindow = 128;
    /// Rows that may wait for those; more are refused.
    static constexpr int kMaxWaiting = 4'000;

    /// Held for as long as the task is under way; the last one lets the next begin.
    using Ticket = std::shared_ptr<void>;
    using Task = std::function<void(Ticket)>;

    int waiting() const { return m_waiting; } ///< rows, of all owners

    /// Whether so many rows more would be too many of `owner`.
    bool isFull(const QByteArray &owner, int rows) const;

    /// Runs `task`, at once or later, in the order of the owner's.
    void run(const QByteArray &owner, int rows, Task task);

private:
    struct Owner
    {
        int underWay = 0; ///< rows
        int waiting = 0; ///< rows
        std::queue<std::pair<int, Task>> tasks;
        bool isRunning = false; ///< the loop of advance()
    };

    void advance(const QByteArray &owner);
    Ticket makeTicket(const QByteArray &owner, int rows);

    QHash<QByteArray, std::shared_ptr<Owner>> m_owners; ///< of those that have something under way
    int m_waiting = 0; ///< rows
    const std::shared_ptr<bool> m_isHere = std::make_shared<bool>(true);
};

} // namespace presence::limits
