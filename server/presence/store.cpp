// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/store.h"

#include "shared/core/logging.h"

namespace presence::rules {

Result<redis::Reply> accepted(Result<redis::Reply> reply)
{
    if (!reply || !reply->isError())
        return reply;
    const QByteArray text = reply->bytes();
    if (text.startsWith("TOOMANYDEVICES"))
        return fail(ErrorCode::RateLimited, QStringLiteral("the user has too many devices"));
    if (text.startsWith("SIGNEDOFF"))
        return fail(ErrorCode::Forbidden, QStringLiteral("the device was signed off"));
    qCWarning(lcPresence) << "Redis refused a script:" << text;
    // A replica, a full server and a cluster without a master come back on their own.
    const bool passes = text.startsWith("READONLY") || text.startsWith("OOM")
        || text.startsWith("LOADING") || text.startsWith("CLUSTERDOWN")
        || text.startsWith("MASTERDOWN") || text.startsWith("BUSY");
    return fail(passes ? ErrorCode::Unavailable : ErrorCode::Internal,
                QStringLiteral("the presence store refused the change"));
}

} // namespace presence::rules
