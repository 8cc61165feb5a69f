// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/unsent.h"

#include <algorithm>
#include <utility>

namespace presence::transport {

/// Whoever holds less is not worth a new connection.
static constexpr qsizetype kLeastCut = 64 * 1024; // bytes

void UnsentShare::setUnsent(List &list, qsizetype bytes)
{
    const qsizetype before = std::exchange(m_bytes, bytes);
    if (bytes == before)
        return;
    if (limits::Account *user = account())
        user->unsent.fetch_add(bytes - before, std::memory_order_relaxed);
    auto &shares = list.m_shares;
    if (bytes > 0 && before == 0) {
        m_slot = shares.size();
        shares.push_back(this);
    } else if (bytes == 0 && before > 0) {
        shares[m_slot] = shares.back();
        shares[m_slot]->m_slot = m_slot;
        shares.pop_back();
    }
}

bool UnsentShare::isTooMuch(const limits::Limits &limits) const
{
    if (m_bytes == 0 || limits.userUnsent == 0)
        return false;
    const limits::Account *user = account();
    if (!user || user->unsent.load(std::memory_order_relaxed) <= limits.userUnsent)
        return false;
    const qint64 sharers = std::max(user->connections.load(std::memory_order_relaxed), 1);
    return m_bytes >= limits.userUnsent / sharers;
}

void UnsentShare::List::cutLargest()
{
    if (!cut(&UnsentShare::unsharedBytes))
        cut(&UnsentShare::bytes);
}

bool UnsentShare::List::cut(qsizetype (UnsentShare::*held)() const)
{
    std::vector<std::pair<qsizetype, UnsentShare *>> holders;
    qsizetype total = 0;
    for (UnsentShare *share : m_shares) {
        const qsizetype bytes = (share->*held)();
        total += bytes;
        if (bytes >= kLeastCut)
            holders.emplace_back(bytes, share);
    }
    std::ranges::sort(holders, std::greater());
    qsizetype freed = 0;
    for (const auto &[bytes, share] : holders) {
        if (freed >= total / 2)
            break;
        if (share->cutSlowConsumer())
            freed += bytes;
    }
    return freed > 0;
}

} // namespace presence::transport
