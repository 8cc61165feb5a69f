// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/status.h"

#include <QByteArray>

#include <chrono>
#include <optional>

namespace presence {

/// What a user asks for when it sets its status.
struct StatusChange
{
    std::optional<Status> status; ///< nothing: stays as it was, and so does its end
    std::optional<QByteArray> customMessage; ///< UTF-8; nothing: stays as it was; empty: cleared
    std::optional<QByteArray> emoji; ///< UTF-8; nothing: stays as it was; empty: cleared
    /// When set, status reverts to online and message and emoji are cleared after this time.
    /// Nothing: a new status stays until it is changed.
    std::optional<std::chrono::seconds> clearAfter;
};

} // namespace presence
