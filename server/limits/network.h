// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QByteArrayList>
#include <QHostAddress>

#include <vector>

namespace presence::limits {

/// What counts as one address: an IPv4 address, or the /64 that a customer has of IPv6.
QByteArray addressKey(const QHostAddress &address);

/// Networks of proxies, which say for whom they forward.
class TrustedProxies
{
public:
    /// `10.0.0.0/8, fd00::/8, 192.0.2.1`, or Invalid.
    static Result<TrustedProxies> parse(const QString &text);

    bool isEmpty() const { return m_networks.empty(); }
    bool contains(const QHostAddress &address) const;

    /// Who has sent what came from `peer`: the last in `forwarded`, the elements of
    /// X-Forwarded-For, that is no proxy, as long as those behind it are.
    QHostAddress clientOf(const QHostAddress &peer, const QByteArrayList &forwarded) const;

    QString toString() const;

private:
    std::vector<std::pair<QHostAddress, int>> m_networks;
};

} // namespace presence::limits
