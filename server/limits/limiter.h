// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/accounts.h"
#include "shared/core/replaceable.h"

namespace presence::limits {

/// Who has used how much of this node, and who was refused for it. One for the process; safe for
/// all threads.
class Limiter
{
public:
    using TimePoint = Budget::TimePoint;

    explicit Limiter(const Limits &limits) : m_limits(limits) { }
    Q_DISABLE_COPY_MOVE(Limiter)

    const Limits &limits() const { return m_limits.current(); }
    void replace(const Limits &limits) { m_limits.replace(limits); }

    AccountPtr user(const UserId &user);
    AccountPtr address(const QHostAddress &address);

    /// Takes `cost` of what `whom` has, as a user or as an address. RateLimited, with when there is
    /// enough again, when there is less. With Debt::Allowed only who owes already is refused: for
    /// costs that are not known before, and for what a client says again when it returns. With
    /// Debt::Unpaid nothing is taken.
    enum class Debt : quint8 { Refused, Allowed, Unpaid };
    Result<void> takeOfUser(Account &whom, Spending what, double cost = 1,
                            Debt debt = Debt::Refused);
    Result<void> takeOfAddress(Account &whom, Spending what, double cost = 1,
                               Debt debt = Debt::Refused);

    /// Counts a refusal, logs it for the audit, and returns the error that says so.
    Failure refuse(Limit limit, Account &whom, std::chrono::milliseconds retryAfter);
    void count(Limit limit)
    {
        m_counts[static_cast<size_t>(limit)].fetch_add(1, std::memory_order_relaxed);
    }
    qint64 limited(Limit limit) const
    {
        return m_counts[static_cast<size_t>(limit)].load(std::memory_order_relaxed);
    }

    /// Logs that `whom` may not do `what`, which it has said itself, and why.
    void logDenial(Account &whom, QByteArrayView what, const QString &why,
                   QByteArrayView requestId = {});

    /// A connection was encrypted, and asked for nothing: that costs as much as many accepted ones.
    void chargeHandshake(Account &address);

    /// Takes one of the new connections of an address, or something of that kind. RateLimited when
    /// they come too fast.
    Result<void> takeConnect(Account &address);
    /// The same, also false when the address has as many as it may have. Counted as refused.
    bool takeConnection(Account &address);

    /// What the process has in use, told now and then. Memory is short until a tenth is free again.
    void setMemory(qint64 bytes);
    bool isMemoryShort() const { return m_isMemoryShort.load(std::memory_order_relaxed); }

    /// Connections of the process.
    std::atomic<int> connections = 0;

    /// Forgets whom nothing is known of. To be called several times a second, on one thread.
    void sweep();

    size_t userCount() const { return m_users.count(); }
    size_t addressCount() const { return m_addresses.count(); }

private:
    Result<void> take(Account &whom, Spending what, double cost, Debt debt, const Rate &rate,
                      Limit limit);

    Replaceable<Limits> m_limits;
    Accounts m_users;
    Accounts m_addresses;
    std::array<std::atomic<qint64>, kLimits> m_counts{};
    std::atomic<bool> m_isMemoryShort = false;
    Budget m_lines; ///< of the audit log
};

} // namespace presence::limits
