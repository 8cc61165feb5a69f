// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <QJsonObject>

namespace presence::admin {

/// An entry of the list of a user's changes, as resources/lua/user/lib.lua has it; nothing for what
/// is none. Of its node it has the tag.
std::optional<ChangeRow> readChange(const QByteArray &entry);

/// A row of a user's history, as archive::toHistoryRow() has it.
ChangeRow toChange(const QJsonObject &row);

} // namespace presence::admin
