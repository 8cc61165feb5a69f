// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/limits/network.h"

#include <QStringList>

#include <algorithm>

namespace presence::limits {

using namespace Qt::StringLiterals;

QByteArray addressKey(const QHostAddress &address)
{
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        const quint32 v4 = address.toIPv4Address();
        return {reinterpret_cast<const char *>(&v4), sizeof v4};
    }
    const Q_IPV6ADDR v6 = address.toIPv6Address();
    return {reinterpret_cast<const char *>(&v6), sizeof v6 / 2};
}

/// One that came as IPv4 in IPv6 is IPv4.
static QHostAddress plain(const QHostAddress &address)
{
    bool isV4 = false;
    const quint32 v4 = address.toIPv4Address(&isV4);
    return isV4 ? QHostAddress(v4) : address;
}

Result<TrustedProxies> TrustedProxies::parse(const QString &text)
{
    TrustedProxies proxies;
    for (const QString &part : text.split(u',', Qt::SkipEmptyParts)) {
        const QString trimmed = part.trimmed();
        auto network = QHostAddress::parseSubnet(trimmed);
        // A short form such as 10 or 10.1 is a network there, and a slip here.
        const QString address = trimmed.section(u'/', 0, 0);
        const bool isWhole = address.count(u'.') == 3 || address.contains(u':');
        if (network.second < 0 || !isWhole || QHostAddress(address).isNull())
            return fail(ErrorCode::Invalid,
                        u"must be addresses and networks such as 10.0.0.0/8, fd00::/8"_s);
        proxies.m_networks.push_back(std::move(network));
    }
    return proxies;
}

bool TrustedProxies::contains(const QHostAddress &address) const
{
    return std::ranges::any_of(m_networks,
                               [&](const auto &network) { return address.isInSubnet(network); });
}

/// An address with or without a port, as proxies write it.
static QHostAddress toAddress(const QByteArray &element)
{
    QString text = QString::fromLatin1(element).trimmed();
    if (text.startsWith(u'['))
        text = text.mid(1).section(u']', 0, 0);
    else if (text.count(u':') == 1)
        text = text.section(u':', 0, 0);
    return plain(QHostAddress(text));
}

QHostAddress TrustedProxies::clientOf(const QHostAddress &peer,
                                      const QByteArrayList &forwarded) const
{
    QHostAddress client = peer;
    for (qsizetype i = forwarded.size() - 1; i >= 0 && contains(client); --i) {
        const QHostAddress before = toAddress(forwarded[i]);
        if (before.isNull())
            break;
        client = before;
    }
    return client;
}

QString TrustedProxies::toString() const
{
    QStringList list;
    for (const auto &[address, bits] : m_networks)
        list.append(u"%1/%2"_s.arg(address.toString()).arg(bits));
    return list.join(u',');
}

} // namespace presence::limits
