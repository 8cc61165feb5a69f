// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/limiter.h"
#include "server/transport/http/httpmessage.h"

namespace presence::transport {

/// The address that the request in work comes from, and what it has and pays for. Behind a listed
/// proxy each request of a connection may have another.
class ClientAddress
{
public:
    /// `account` is that of `peer`; null when it is a listed proxy.
    ClientAddress(limits::Limiter &limiter, const QHostAddress &peer, limits::AccountPtr account);
    ~ClientAddress() { releaseBody(); }
    Q_DISABLE_COPY_MOVE(ClientAddress)

    /// To be called when the head of a request is there.
    void resolve(const HttpRequest &head);

    /// Nobody knows whose the next is before its head is there.
    void forget();

    const QHostAddress &address() const { return m_address; }
    const limits::AccountPtr &account() const { return m_account; }
    bool isBehindProxy() const { return m_account != m_ofPeer; }

    /// A body of so many bytes at most is received, until releaseBody().
    Result<void> holdBody(qsizetype bytes);
    void releaseBody();

    /// RateLimited when the address has asked for too much that is answered so.
    Result<void> pay(const HttpResponse &response);

private:
    Result<void> payAsStranger();

    limits::Limiter &m_limiter;
    const QHostAddress m_peer;
    const limits::AccountPtr m_ofPeer;
    QHostAddress m_address;
    limits::AccountPtr m_account; ///< never null
    qsizetype m_body = 0; ///< bytes held of the account
};

} // namespace presence::transport
