// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/clientaddress.h"

#include <utility>

namespace presence::transport {

ClientAddress::ClientAddress(limits::Limiter &limiter, const QHostAddress &peer,
                             limits::AccountPtr account)
    : m_limiter(limiter), m_peer(peer), m_ofPeer(std::move(account)), m_address(peer),
      m_account(m_ofPeer ? m_ofPeer : limiter.address(peer))
{
}

void ClientAddress::resolve(const HttpRequest &head)
{
    const limits::TrustedProxies &proxies = m_limiter.limits().trustedProxies;
    if (proxies.isEmpty())
        return;
    m_address = proxies.clientOf(m_peer, head.headers.listed("X-Forwarded-For"));
    m_account = m_ofPeer && m_address == m_peer ? m_ofPeer : m_limiter.address(m_address);
}

void ClientAddress::forget()
{
    if (!isBehindProxy())
        return;
    releaseBody();
    m_address = m_peer;
    m_account = m_ofPeer ? m_ofPeer : m_limiter.address(m_peer);
}

Result<void> ClientAddress::holdBody(qsizetype bytes)
{
    const qint64 most = m_limiter.limits().addressBodies;
    if (!limits::Account::hold<qint64>(m_account->bodies(), bytes, most))
        return m_limiter.refuse(limits::Limit::AddressBodies, *m_account, std::chrono::seconds(1));
    m_body = bytes;
    return {};
}

void ClientAddress::releaseBody()
{
    if (m_body > 0)
        m_account->bodies().fetch_sub(std::exchange(m_body, 0), std::memory_order_relaxed);
}

Result<void> ClientAddress::pay(const HttpResponse &response)
{
    switch (response.paidBy) {
    case HttpResponse::PaidBy::Stranger:
        return payAsStranger();
    case HttpResponse::PaidBy::Address:
        return m_limiter.takeConnect(*m_account);
    case HttpResponse::PaidBy::Nobody:
        return {};
    }
    return {};
}

Result<void> ClientAddress::payAsStranger()
{
    const limits::Rate &rate = m_limiter.limits().addressUnauthenticated;
    const auto now = std::chrono::steady_clock::now();
    limits::Budget &budget = m_account->unauthenticated();
    if (budget.take(rate, now))
        return {};
    return m_limiter.refuse(limits::Limit::AddressUnauthenticated, *m_account,
                            budget.until(rate, now, 1));
}

} // namespace presence::transport
