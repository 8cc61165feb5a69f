// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>
#include <QLatin1StringView>

#include <optional>

namespace presence {

/// What a user says of itself. What others see of it is in UserPresence.
enum class Status : quint8 { Online, Away, Busy, Offline, Invisible };

/// The name on the wire and in Redis, for example "online".
QLatin1StringView toName(Status status);
std::optional<Status> statusFromName(QByteArrayView name);

/// Whether others must not see a user who chose `status`.
constexpr bool isHidden(Status status)
{
    return status == Status::Invisible || status == Status::Offline;
}

} // namespace presence
