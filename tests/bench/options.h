// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"

#include <QByteArray>
#include <QHostAddress>
#include <QList>
#include <QString>

#include <chrono>

namespace presence::bench {

/// What to measure, and against what.
struct Options
{
    QHostAddress host = QHostAddress::LocalHost; ///< IPv4
    quint16 port = 4001;
    QByteArray secret; ///< HS256, that of the daemon
    qint64 daemonPid = 0; ///< 0: its processor time and memory are not reported
    qint64 redisPid = 0; ///< 0: as above
    QString redisUrl; ///< empty: commands are not counted

    int connections = 1000; ///< 0: none, for the floor alone
    int workspaceSize = 100; ///< users in a workspace
    int rate = 100; ///< joins under way at a time
    std::chrono::seconds hold{0}; ///< idle time to measure; 0: none

    int fanout = 0; ///< status changes in a round; 0: no rounds
    int publishers = 10; ///< users whose status changes, at most kMaxPublishers
    QList<int> subscribers{1000}; ///< receivers: a round each
    QList<int> inFlight{2, 16}; ///< changes under way at a time: a round each
    bool floor = false; ///< the same rounds against a bare loop
    bool json = false;

    /// A device's answers to its joins are bits of one number.
    static constexpr int kMaxPublishers = 32;

    /// From the command line and AUTH_JWT_SECRET. Ends the program for --help. Invalid, with a
    /// sentence for the user, when the options are no use.
    static Result<Options> parse(const QStringList &arguments);
};

} // namespace presence::bench
