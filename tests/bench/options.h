// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <chrono>
#include <netinet/in.h>

namespace presence::bench {

/// What to measure, and against what.
struct Options
{
    QString row; ///< one of those in rows.h
    QList<sockaddr_in> daemons; ///< the first is the one that is measured
    QByteArray secret; ///< HS256, that of the daemons
    qint64 daemonPid = 0;
    qint64 redisPid = 0;
    QString redisUrl;
    int redisAlone = 0; ///< µs a second
    QString peer; ///< WebSocket of a peer instead of a daemon, ws://host:port/path
    int connections = 0; ///< 0: as the row has it
    int firstUser = 0; ///< number of the first of them
    int together = 0; ///< users of all processes that load at the same time
    int floorCore = -1; ///< processor that the floor runs on; -1: any
    bool isQuick = false;

    /// A number of connections or messages, smaller for a quick look.
    int scaled(int number) const;
    /// The same for a time.
    std::chrono::milliseconds scaled(std::chrono::milliseconds time) const;

    /// From the command line and AUTH_JWT_SECRET. Ends the program for --help. Invalid, with a
    /// sentence for the user, when the options are no use.
    static Result<Options> parse(const QStringList &arguments);
};

/// The IPv4 address in ws://host:port; Invalid when there is none.
Result<sockaddr_in> parseAddress(const QString &url);

} // namespace presence::bench
