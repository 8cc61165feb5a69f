// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QByteArray>
#include <QSslConfiguration>
#include <QString>

#include <chrono>
#include <optional>

namespace presence::redis {

/// Where one Redis server is, and who we are to it. A value.
struct Endpoint
{
    QString host = QStringLiteral("127.0.0.1");
    quint16 port = 6379;
    QString socketPath; ///< of a unix socket; when set, host and port are not used
    QByteArray username; ///< an ACL user; empty for the default user
    QByteArray password; ///< empty: do not authenticate
    int database = 0; ///< SELECTed when not 0
    /// Set: TLS. The server's certificate has to be signed by one of the authorities in it, and
    /// has to be the host's.
    std::optional<QSslConfiguration> tls;
    /// A server that says it is a replica is none of ours.
    bool mustBeMaster = false;
    /// Where to ask for a master, not for data: an older version will do.
    bool isSentinel = false;

    /// From the first packet to a server that answers; also each wait for the server to load.
    std::chrono::milliseconds connectTimeout{5000};
    /// From a command being sent to its reply, or from a Subscriber's PING to any sign of life.
    std::chrono::milliseconds commandTimeout{5000};

    /// redis://[user[:password]@]host[:port][/database], rediss:// for the same with TLS, or
    /// unix:///path[?db=database].
    /// User and password are percent-decoded; a user without a colon is the user, without a
    /// password. Invalid, with a sentence for the operator, for anything else.
    static Result<Endpoint> parse(const QString &url);

    /// For logs: without user and password.
    QString toString() const;
};

} // namespace presence::redis
