// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/credentials.h"
#include "shared/core/result.h"

#include <QByteArray>
#include <QString>

#include <chrono>
#include <memory>

namespace presence::redis {

/// Where one Redis server is, and who we are to it. A value.
struct Endpoint : Credentials
{
    QString host = QStringLiteral("127.0.0.1");
    quint16 port = 6379;
    QString socketPath; ///< of a unix socket; when set, host and port are not used
    /// Set: these hold at each attempt, instead of those that it was made with.
    std::shared_ptr<const CredentialStore> credentials;
    int database = 0; ///< SELECTed when not 0
    /// A server that says it is a replica is none of ours.
    bool mustBeMaster = false;
    /// Where to ask for a master, not for data: an older version will do.
    bool isSentinel = false;

    /// From the first packet to a server that answers; also each wait for the server to load.
    std::chrono::milliseconds connectTimeout{5000};
    /// From a command being sent to its reply, or from a Subscriber's PING to any sign of life.
    std::chrono::milliseconds commandTimeout{5000};
    /// A connection for commands without any for so long sends a PING.
    std::chrono::milliseconds pingInterval{15'000};

    /// redis://[user[:password]@]host[:port][/database], rediss:// for the same with TLS, or
    /// unix:///path[?db=database]. valkey:// and valkeys:// are as redis:// and rediss://.
    /// User and password are percent-decoded; a user without a colon is the user, without a
    /// password. Invalid, with a sentence for the operator, for anything else.
    static Result<Endpoint> parse(const QString &url);

    /// For logs: without user and password.
    QString toString() const;
};

} // namespace presence::redis
