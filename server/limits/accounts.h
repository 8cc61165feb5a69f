// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/account.h"

#include <QHash>

#include <mutex>

namespace presence::limits {

/// The accounts of all users, or of all addresses, of the process. Safe for all threads: each looks
/// in a part of its own that is locked for a moment.
class Accounts
{
public:
    /// That of `key`; `make` makes a new one.
    template <typename Make>
    AccountPtr get(const QByteArray &key, Make make)
    {
        Part &part = m_parts[qHash(key, m_seed) % kParts];
        const std::scoped_lock lock(part.mutex);
        AccountPtr &account = part.accounts[key];
        if (!account)
            account = make();
        return account;
    }

    /// Forgets those of one part that nobody uses. To be called again and again.
    void sweep(Account::TimePoint now);

    size_t count() const;

private:
    static constexpr size_t kParts = 64;
    struct Part
    {
        mutable std::mutex mutex;
        QHash<QByteArray, AccountPtr> accounts;
    };

    const size_t m_seed = static_cast<size_t>(QHashSeed::globalSeed());
    std::array<Part, kParts> m_parts;
    size_t m_next = 0; ///< part to be swept
};

} // namespace presence::limits
