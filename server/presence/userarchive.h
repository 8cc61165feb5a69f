// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/model/archiveduser.h"

#include <optional>

namespace presence::rules {

/// What remembers users that Redis has lost. Belongs to one thread.
class UserArchive
{
public:
    virtual ~UserArchive() = default;

    /// Whether it is worth waiting for.
    virtual bool isAvailable() const = 0;

    /// Nothing for a user that it does not know.
    virtual void find(const UserId &user, Callback<std::optional<ArchivedUser>> done) = 0;
};

} // namespace presence::rules
