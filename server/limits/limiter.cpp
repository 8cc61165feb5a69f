// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/limiter.h"

#include "shared/core/logging.h"

namespace presence::limits {

using namespace Qt::StringLiterals;
using Clock = std::chrono::steady_clock;

/// Lines of the audit log, of all users and addresses.
static constexpr Rate kLines{.count = 20, .burst = 100};

AccountPtr Limiter::user(const UserId &user)
{
    return m_users.get(user.bytes(),
                       [&] { return AccountPtr(new Account(Account::Of::User, user.bytes())); });
}

AccountPtr Limiter::address(const QHostAddress &address)
{
    return m_addresses.get(addressKey(address), [&] {
        return AccountPtr(new Account(Account::Of::Address, address.toString().toLatin1()));
    });
}

/// Limit::UserRequests and what follows it, and Limit::AddressRequests, are in this order.
static Limit limitOf(Spending what, bool isOfUser)
{
    const auto first = static_cast<quint8>(isOfUser ? Limit::UserRequests : Limit::AddressRequests);
    return static_cast<Limit>(first + static_cast<quint8>(what));
}

Result<void> Limiter::takeOfUser(Account &whom, Spending what, double cost, Debt debt)
{
    return take(whom, what, cost, debt, limits().userRate(what), limitOf(what, true));
}

Result<void> Limiter::takeOfAddress(Account &whom, Spending what, double cost, Debt debt)
{
    return take(whom, what, cost, debt, limits().addressRate(what), limitOf(what, false));
}

Result<void> Limiter::take(Account &whom, Spending what, double cost, Debt debt, const Rate &rate,
                           Limit limit)
{
    Budget &budget = whom.budget(what);
    const auto now = Clock::now();
    if (debt == Debt::Allowed) {
        if (const auto owed = budget.owed(rate, now); owed.count() > 0)
            return refuse(limit, whom, owed);
        budget.spend(rate, now, cost);
        return {};
    }
    const bool may = debt == Debt::Unpaid ? budget.until(rate, now, cost).count() == 0
                                          : budget.take(rate, now, cost);
    if (may)
        return {};
    return refuse(limit, whom, budget.until(rate, now, cost));
}

Failure Limiter::refuse(Limit limit, Account &whom, std::chrono::milliseconds retryAfter)
{
    count(limit);
    const QByteArray name = toName(limit);
    const auto now = Clock::now();
    if (const int refusals = whom.noteRefusal(now); refusals > 0 && m_lines.take(kLines, now))
        qCInfo(lcAudit).noquote().nospace()
            << "Refused " << whom.name() << " limit=" << name << " refusals=" << refusals;
    return Failure(Error{.code = ErrorCode::RateLimited,
                         .detail = u"slow_down"_s,
                         .limit = QString::fromLatin1(name),
                         .retryAfter = std::max(retryAfter, std::chrono::milliseconds(1))});
}

Result<void> Limiter::takeConnect(Account &address)
{
    const auto now = Clock::now();
    if (address.accepts().take(limits().addressAccepts, now))
        return {};
    return refuse(Limit::AddressAccepts, address,
                  address.accepts().until(limits().addressAccepts, now, 1));
}

void Limiter::logDenial(Account &whom, QByteArrayView what, const QString &why,
                        QByteArrayView requestId)
{
    const auto now = Clock::now();
    const int refusals = whom.noteRefusal(now);
    if (refusals == 0 || !m_lines.take(kLines, now))
        return;
    constexpr qsizetype kLongest = 200;
    QByteArray text = what.first(std::min(what.size(), kLongest)).toByteArray();
    std::ranges::replace_if(
        text, [](char c) { return c <= ' ' || c >= '\x7f' || c == '"'; }, '?');
    const QByteArray request
        = requestId.isEmpty() ? QByteArray() : " request_id=" + requestId.toByteArray();
    qCInfo(lcAudit).noquote().nospace() << "Denied " << whom.name() << " what=" << text << " why=\""
                                        << why << "\" refusals=" << refusals << request;
}

void Limiter::chargeHandshake(Account &address)
{
    // As many as could have been accepted meanwhile without one.
    constexpr double kHandshake = 20;
    address.accepts().spend(limits().addressAccepts, std::chrono::steady_clock::now(), kHandshake);
}

bool Limiter::takeConnection(Account &address)
{
    if (!takeConnect(address))
        return false;
    const int most
        = limits().addressConnections > 0 ? limits().addressConnections : limits().connections / 2;
    if (most == 0 || address.connections < most)
        return true;
    (void)refuse(Limit::AddressConnections, address, std::chrono::seconds(5));
    return false;
}

void Limiter::setMemory(qint64 bytes)
{
    const qint64 most = m_isMemoryShort ? limits().memory / 10 * 9 : limits().memory;
    const bool isShort = limits().memory > 0 && bytes > most;
    if (m_isMemoryShort.exchange(isShort) == isShort)
        return;
    if (isShort)
        qCWarning(lcAudit) << "Memory is short:" << bytes << "bytes of LIMIT_MEMORY"
                           << limits().memory << "are in use; new connections are refused";
    else
        qCInfo(lcAudit) << "Memory is no longer short:" << bytes << "bytes are in use";
}

void Limiter::sweep()
{
    m_users.sweep(Clock::now());
    m_addresses.sweep(Clock::now());
}

} // namespace presence::limits
