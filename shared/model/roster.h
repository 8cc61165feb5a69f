// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"

#include <QByteArray>
#include <QHash>
#include <QSet>

namespace presence {

/// Who is in a workspace, or looks at a channel, at one moment.
struct Roster
{
    /// Of the change that led to this state; the next change carries the next number.
    quint64 sequence = 0;
    /// When Redis began to keep it (us since the epoch): another time when it was lost in between.
    quint64 since = 0;
    /// What Phoenix Presence calls a meta, as JSON: an object with "phx_ref".
    QHash<UserId, QByteArray> metas;
    QSet<UserId> typing; ///< channels only
};

} // namespace presence
