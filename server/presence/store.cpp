// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/store.h"

#include "shared/core/logging.h"

#include <QDeadlineTimer>

#include <algorithm>
#include <mutex>

namespace presence::rules {

/// A replica, a full server and a cluster without a master are well again in a while.
static bool comesBack(const redis::Reply &error)
{
    static constexpr std::array kPassing{"READONLY", "OOM",         "MISCONF",
                                         "LOADING",  "CLUSTERDOWN", "MASTERDOWN",
                                         "TRYAGAIN", "BUSY",        "NOREPLICAS"};
    return std::ranges::any_of(kPassing, [&](const char *code) { return error.isError(code); });
}

/// A full server refuses thousands of changes a second: a line when it begins, and now and then.
static void warnOnce(const QByteArray &text)
{
    constexpr std::chrono::seconds kInterval{10};
    static std::mutex mutex;
    static QByteArray last;
    static QDeadlineTimer quiet;
    const QByteArray code = text.left(text.indexOf(' '));
    const std::scoped_lock lock(mutex);
    if (code == last && !quiet.hasExpired())
        return;
    last = code;
    quiet.setRemainingTime(kInterval);
    qCWarning(lcPresence) << "Redis refused a script:" << text;
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
    warnOnce(text);
    return fail(passes ? ErrorCode::Unavailable : ErrorCode::Internal,
                QStringLiteral("the presence store refused the change"));
}

} // namespace presence::rules
