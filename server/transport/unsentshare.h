// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/limiter.h"

#include <utility>

namespace presence::transport {

/// What one client has of the bytes that its user may have unsent. Used on one thread, destroyed
/// before the account.
class UnsentShare
{
public:
    UnsentShare() = default;
    ~UnsentShare() { update(nullptr, 0); }
    Q_DISABLE_COPY_MOVE(UnsentShare)

    /// `bytes` are unsent now.
    void update(limits::Account *account, qsizetype bytes)
    {
        if (account)
            m_account = account;
        if (const qsizetype change = bytes - std::exchange(m_bytes, bytes);
            m_account && change != 0)
            m_account->unsent.fetch_add(change, std::memory_order_relaxed);
    }

    /// Whether all of the user's together are too many, and some are of this one.
    bool isTooMuch(const limits::Limits &limits) const
    {
        return m_bytes > 0 && m_account && limits.userUnsent > 0
            && m_account->unsent.load(std::memory_order_relaxed) > limits.userUnsent;
    }

private:
    limits::Account *m_account = nullptr;
    qsizetype m_bytes = 0;
};

} // namespace presence::transport
