// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"

#include <QByteArray>

namespace presence {

/// What the archive knows of a user, to be given to a Redis that does not know it any more. Times are
/// seconds since the epoch, 0 for none.
struct ArchivedUser
{
    UserId user;
    QByteArray status; ///< as chosen
    QByteArray customMessage; ///< empty for none
    QByteArray emoji; ///< empty for none
    qint64 expiresAt = 0; ///< the end of the status
    qint64 lastSeen = 0;
    qint64 updatedAt = 0;
    qint64 revision = 0;
    QByteArray shown; ///< a JSON object: status, custom_message and emoji as others saw them last
};

} // namespace presence
