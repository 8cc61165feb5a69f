// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/payer.h"

namespace presence::limits {

using namespace Qt::StringLiterals;
using Clock = std::chrono::steady_clock;

/// When connections may have gone.
static constexpr std::chrono::seconds kLater(5);

Result<void> Payer::take(Spending what, double cost, Debt debt) const
{
    if (!m_limiter || m_isTrusted)
        return {};
    if (const auto may = m_limiter->takeOfUser(*m_user, what, cost, debt); !may)
        return may;
    const auto may = m_limiter->takeOfAddress(*m_address, what, cost, debt);
    if (!may) // by nobody, then
        m_user->budget(what).spend(m_limiter->limits().userRate(what), Clock::now(), -cost);
    return may;
}

Result<void> Payer::check(Spending what, double cost) const
{
    if (!m_limiter || m_isTrusted)
        return {};
    return m_limiter->takeOfUser(*m_user, what, cost, Debt::Unpaid).and_then([&] {
        return m_limiter->takeOfAddress(*m_address, what, cost, Debt::Unpaid);
    });
}

void Payer::charge(Spending what, double cost) const
{
    if (!m_limiter || m_isTrusted)
        return;
    const auto now = Clock::now();
    const Rate &rate = m_limiter->limits().userRate(what);
    Budget &budget = m_user->budget(what);
    const double allowed = rate.isUnlimited() ? cost : double(budget.left(rate, now));
    budget.spend(rate, now, cost);
    m_address->budget(what).spend(m_limiter->limits().addressRate(what), now,
                                  std::min(cost, allowed));
}

Result<void> Payer::owes(Spending what) const
{
    if (!m_limiter || m_isTrusted)
        return {};
    return m_limiter->takeOfUser(*m_user, what, 0, Debt::Unpaid).and_then([&] {
        return m_limiter->takeOfAddress(*m_address, what, 0, Debt::Unpaid);
    });
}

void Payer::refund(Spending what, double cost) const
{
    if (!m_limiter || m_isTrusted)
        return;
    const auto now = Clock::now();
    m_user->budget(what).spend(m_limiter->limits().userRate(what), now, -cost);
    m_address->budget(what).spend(m_limiter->limits().addressRate(what), now, -cost);
}

void Payer::logDenial(QByteArrayView what, const QString &why, QByteArrayView requestId) const
{
    if (m_limiter)
        m_limiter->logDenial(*m_user, what, why, requestId);
}

Result<void> Payer::takeChange(const UserId &user, bool isAdmin) const
{
    if (!m_limiter || isAdmin)
        return {};
    return m_limiter->takeOfUser(*m_limiter->user(user), Spending::Changes).and_then([&] {
        return m_isTrusted ? Result<void>()
                           : m_limiter->takeOfAddress(*m_address, Spending::Changes);
    });
}

Result<void> Payer::takeMove(const UserId &user, const DeviceId &device,
                             const WorkspaceId &workspace) const
{
    if (!m_limiter)
        return {};
    const Rate &rate = m_limiter->limits().deviceMoves;
    const auto account = m_limiter->user(user);
    const auto now = Clock::now();
    if (account->mayMove(device, workspace, rate, now))
        return {};
    return m_limiter->refuse(Limit::DeviceMoves, *account, account->untilMove(device, rate, now));
}

Result<void> Payer::holdConnection() const
{
    if (!m_limiter)
        return {};
    const int most = m_isTrusted ? 0 : m_limiter->limits().userConnections;
    if (!Account::hold(m_user->connections, 1, most))
        return m_limiter->refuse(Limit::UserConnections, *m_user, kLater);
    auto may = take(Spending::Requests);
    if (!may)
        releaseConnection();
    return may;
}

void Payer::releaseConnection() const
{
    if (m_limiter)
        m_user->connections.fetch_sub(1, std::memory_order_relaxed);
}

Failure Payer::refuseReads() const
{
    if (m_limiter)
        return m_limiter->refuse(Limit::UserReads, *m_user, std::chrono::seconds(1));
    return fail(ErrorCode::RateLimited, u"slow_down"_s);
}

Result<void> Payer::holdWatched(int count) const
{
    if (!m_limiter)
        return {};
    const int most = m_isTrusted || count <= 0 ? 0 : m_limiter->limits().userWatched;
    if (Account::hold(m_user->watched, count, most))
        return {};
    Error error = m_limiter->refuse(Limit::UserWatched, *m_user, kLater).value();
    error.detail = u"watching too many users"_s;
    return Failure(error);
}

} // namespace presence::limits
