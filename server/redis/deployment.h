// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/endpoint.h"

#include <vector>

namespace presence::redis {

/// Where a server listens, by TCP.
struct Address
{
    QString host; ///< a name, or an IPv4 or IPv6 address without brackets
    quint16 port = 0;

    /// host:port or [IPv6]:port; the last colon counts, so an IPv6 address may come without
    /// brackets, as Redis writes it. A missing port is `defaultPort`, unless that is 0.
    static Result<Address> parse(const QString &text, quint16 defaultPort = 0);
    /// Separated by commas or spaces; at least one.
    static Result<std::vector<Address>> parseList(const QString &text, quint16 defaultPort);

    QString toString() const; ///< as parse() takes it

    friend bool operator==(const Address &, const Address &) = default;
    friend auto operator<=>(const Address &a, const Address &b)
    {
        const int order = QString::compare(a.host, b.host);
        return order != 0 ? order <=> 0 : int(a.port) <=> int(b.port);
    }
};

/// How Redis is run, and where to ask for it. A value.
struct Deployment
{
    enum class Kind : quint8 {
        Single, ///< one server, at `server`
        Sentinel, ///< a master that `nodes`, the sentinels, know by `masterName`
        Cluster, ///< Redis Cluster; `nodes` are some of it
    };

    Deployment() = default;
    /// One server.
    Deployment(Endpoint single) : server(std::move(single)) { } // NOLINT: it is one

    Kind kind = Kind::Single;
    /// Who we are to a server of data, and how long we wait. Its place counts for Single only.
    Endpoint server;
    std::vector<Address> nodes;
    QByteArray masterName;
    /// Who we are to a sentinel; its place does not count.
    Endpoint sentinel;

    /// The same; of a single server that it has to be a master. A cluster's map says who is one.
    Deployment ofMaster() const;

    QLatin1StringView kindName() const; ///< single, sentinel or cluster
    QString toString() const; ///< for logs: without user and password
};

/// `to` with the place of another server.
Endpoint at(Endpoint to, const Address &address);

} // namespace presence::redis
