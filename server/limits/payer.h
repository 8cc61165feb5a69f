// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/limiter.h"

namespace presence::limits {

/// Who pays for what a client does: its user and its address. Operators' own tokens, scopes admin
/// and service, have no rates. A value; the Limiter outlives it.
class Payer
{
public:
    Payer() = default; ///< without limits
    Payer(Limiter &limiter, const UserId &user, const QHostAddress &address, bool isTrusted)
        : m_limiter(&limiter), m_user(limiter.user(user)), m_address(limiter.address(address)),
          m_isTrusted(isTrusted)
    {
    }

    using Debt = Limiter::Debt;
    Result<void> take(Spending what, double cost = 1, Debt debt = Debt::Refused) const;

    /// Refuses what take() would refuse, and takes nothing: before it is worth looking at.
    Result<void> check(Spending what, double cost) const;

    /// Takes also what is not there: it is owed. Of the address no more than the user was allowed,
    /// so that one client that goes on leaves others no debt.
    void charge(Spending what, double cost) const;
    /// RateLimited while something is owed, with how long: what comes next is to wait.
    Result<void> owes(Spending what) const;

    /// Gives back what was taken and not used.
    void refund(Spending what, double cost) const;

    /// A change of a status, which is limited by whose it is.
    Result<void> takeChange(const UserId &user, bool isAdmin) const;

    /// Whether `device` of `user` may be in `workspace` now.
    Result<void> takeMove(const UserId &user, const DeviceId &device,
                          const WorkspaceId &workspace) const;

    /// One more connection, which was asked for, and ends with releaseConnection().
    Result<void> holdConnection() const;
    void releaseConnection() const;

    /// So many more users watched; negative for fewer.
    Result<void> holdWatched(int count) const;

    /// As Limiter::logDenial(), of the user.
    void logDenial(QByteArrayView what, const QString &why, QByteArrayView requestId = {}) const;

    bool isTrusted() const { return m_isTrusted; }
    /// Whose reads wait for each other.
    QByteArray name() const { return m_user ? m_user->name() : QByteArray(); }
    /// Of one whose reads are too many.
    Failure refuseReads() const;

    /// Of all its connections; null without limits.
    Account *account() const { return m_user.data(); }

private:
    Limiter *m_limiter = nullptr;
    AccountPtr m_user;
    AccountPtr m_address;
    bool m_isTrusted = true;
};

} // namespace presence::limits
