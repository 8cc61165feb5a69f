// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/accounts.h"

namespace presence::limits {

void Accounts::sweep(Account::TimePoint now)
{
    Part &part = m_parts[m_next];
    m_next = (m_next + 1) % kParts;
    const std::scoped_lock lock(part.mutex);
    // Who gets one does so under the lock, so one that nobody refers to here is of no use.
    part.accounts.removeIf([now](const auto &entry) {
        return entry.value()->ref.loadRelaxed() == 1 && entry.value()->isUnused(now);
    });
}

size_t Accounts::count() const
{
    size_t sum = 0;
    for (const Part &part : m_parts) {
        const std::scoped_lock lock(part.mutex);
        sum += static_cast<size_t>(part.accounts.size());
    }
    return sum;
}

} // namespace presence::limits
