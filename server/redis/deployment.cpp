// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/deployment.h"

#include <QRegularExpression>
#include <QStringList>

namespace presence::redis {

using namespace Qt::StringLiterals;

static Failure noAddress(const QString &text)
{
    // Somebody who writes a URL may write a password in it.
    if (text.contains(u'@') || text.contains(u'/'))
        return fail(ErrorCode::Invalid, u"a URL is not host:port"_s);
    return fail(ErrorCode::Invalid, u"'%1' is not host:port"_s.arg(text));
}

Result<Address> Address::parse(const QString &text, quint16 defaultPort)
{
    qsizetype colon = text.lastIndexOf(u':');
    // Inside of brackets it is no port.
    if (colon >= 0 && text.endsWith(u']'))
        colon = -1;
    QString host = text.left(colon);
    const QString port = colon < 0 ? QString() : text.sliced(colon + 1);
    if (host.startsWith(u'[') && host.endsWith(u']'))
        host = host.sliced(1).chopped(1);
    bool ok = colon < 0 && defaultPort != 0;
    const uint number = colon < 0 ? defaultPort : port.toUInt(&ok);
    const bool isUrl = host.contains(u'@') || host.contains(u'/');
    if (!ok || isUrl || host.isEmpty() || number < 1 || number > 0xFFFF)
        return noAddress(text);
    return Address{host, static_cast<quint16>(number)};
}

Result<std::vector<Address>> Address::parseList(const QString &text, quint16 defaultPort)
{
    static const QRegularExpression separator(u"[,\\s]+"_s);
    std::vector<Address> addresses;
    for (const QString &part : text.split(separator, Qt::SkipEmptyParts)) {
        const auto address = parse(part, defaultPort);
        if (!address)
            return Failure(address.error());
        addresses.push_back(*address);
    }
    if (addresses.empty())
        return noAddress(text);
    return addresses;
}

QString Address::toString() const
{
    return (host.contains(u':') ? u"[%1]:%2"_s : u"%1:%2"_s).arg(host).arg(port);
}

Deployment Deployment::ofMaster() const
{
    Deployment deployment = *this;
    deployment.server.mustBeMaster = kind != Kind::Cluster;
    return deployment;
}

QLatin1StringView Deployment::kindName() const
{
    switch (kind) {
    case Kind::Single:
        return "single"_L1;
    case Kind::Sentinel:
        return "sentinel"_L1;
    case Kind::Cluster:
        return "cluster"_L1;
    }
    return {};
}

QString Deployment::toString() const
{
    if (kind == Kind::Single)
        return server.toString();
    QStringList places;
    for (const Address &node : nodes)
        places.append(node.toString());
    if (kind == Kind::Sentinel)
        return u"%1 as told by the sentinels %2"_s.arg(QString::fromUtf8(masterName),
                                                       places.join(u", "_s));
    return u"the cluster of "_s + places.join(u", "_s);
}

Endpoint at(Endpoint to, const Address &address)
{
    to.host = address.host;
    to.port = address.port;
    to.socketPath.clear();
    return to;
}

} // namespace presence::redis
