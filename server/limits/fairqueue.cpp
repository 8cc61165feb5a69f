// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/fairqueue.h"

#include <utility>

namespace presence::limits {

bool FairQueue::isFull(const QByteArray &owner, int rows) const
{
    const auto found = m_owners.constFind(owner);
    return found != m_owners.cend() && (*found)->waiting > 0
        && (*found)->waiting + rows > kMaxWaiting;
}

void FairQueue::run(const QByteArray &owner, int rows, Task task)
{
    auto &entry = m_owners[owner];
    if (!entry)
        entry = std::make_shared<Owner>();
    entry->waiting += rows;
    m_waiting += rows;
    entry->tasks.emplace(rows, std::move(task));
    advance(owner);
}

void FairQueue::advance(const QByteArray &owner)
{
    const std::shared_ptr<Owner> entry = m_owners.value(owner);
    // Within a task: the loop that runs it goes on.
    if (!entry || std::exchange(entry->isRunning, true))
        return;
    while (!entry->tasks.empty()
           && (entry->underWay == 0 || entry->underWay + entry->tasks.front().first <= kWindow)) {
        auto [rows, task] = std::move(entry->tasks.front());
        entry->tasks.pop();
        entry->waiting -= rows;
        m_waiting -= rows;
        entry->underWay += rows;
        task(makeTicket(owner, rows));
    }
    entry->isRunning = false;
    if (entry->underWay == 0 && entry->tasks.empty())
        m_owners.remove(owner);
}

FairQueue::Ticket FairQueue::makeTicket(const QByteArray &owner, int rows)
{
    const auto release = [this, owner, rows, isHere = std::weak_ptr(m_isHere)](void *) {
        if (isHere.expired())
            return;
        if (const auto entry = m_owners.value(owner)) {
            entry->underWay -= rows;
            advance(owner);
        }
    };
    return {this, release};
}

} // namespace presence::limits
