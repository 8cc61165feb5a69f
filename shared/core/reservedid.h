// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>

namespace presence {

/// What the identifiers of a node's own users and workspaces begin with: no identifier that
/// comes from outside has it (see isValidId()). They are in no count, no history and no feed for
/// other services.
inline constexpr char kReservedPrefix = '^';

inline bool isReserved(QByteArrayView id)
{
    return id.startsWith(kReservedPrefix);
}

/// Whether a Pub/Sub channel or a topic is of one of those: it ends with the identifier.
inline bool isOfReserved(QByteArrayView channel)
{
    return channel.contains(":^");
}

} // namespace presence
