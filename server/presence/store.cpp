// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/store.h"

#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"

#include <algorithm>

namespace presence::rules {

using namespace Qt::StringLiterals;

/// A replica, a full server and a cluster without a master take writes again in a while, and so
/// does one whose ACL is repaired.
static bool comesBack(const redis::Reply &error)
{
    static constexpr std::array kPassing{"READONLY",    "OOM",        "MISCONF",  "LOADING",
                                         "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "BUSY",
                                         "NOREPLICAS",  "NOPERM"};
    return std::ranges::any_of(kPassing, [&](const char *code) { return error.isError(code); })
        // NOPERM as a script of Redis 7.0 has it.
        || error.bytes().startsWith("ERR The user executing the script can't");
}

Result<redis::Reply> accepted(Result<redis::Reply> reply)
{
    if (!reply || !reply->isError())
        return reply;
    const QByteArray text = reply->bytes();
    if (text.startsWith("TOOMANYDEVICES"))
        return fail(ErrorCode::RateLimited, QStringLiteral("the user has too many devices"));
    if (text.startsWith("SIGNEDOFF"))
        return fail(ErrorCode::Forbidden, QStringLiteral("the device was signed off"));
    const bool passes = comesBack(*reply);
    // Behind the code there are digests and keys, which differ from call to call.
    const qsizetype code = text.startsWith("ERR ") ? 40 : text.indexOf(' ');
    if (mayLog(u"Redis refused a command: "_s + QString::fromUtf8(text.left(code))))
        qCWarning(lcPresence) << "Redis refused a command:" << text;
    return fail(passes ? ErrorCode::Unavailable : ErrorCode::Internal,
                QStringLiteral("the presence store refused the change"));
}

Result<redis::Client::Replies> accepted(Result<redis::Client::Replies> replies)
{
    if (!replies)
        return replies;
    for (redis::Reply &reply : *replies) {
        if (reply.isError())
            return Failure(accepted(Result<redis::Reply>(std::move(reply))).error());
    }
    return replies;
}

} // namespace presence::rules
