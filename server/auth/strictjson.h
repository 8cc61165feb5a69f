// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QJsonObject>

#include <optional>

namespace presence::auth {

/// A JSON object that all readers read alike: nothing when a member is there twice, at any depth,
/// or when a byte order mark comes before it. Ends what a JsonView of this thread was made of.
std::optional<QJsonObject> toStrictObject(const QByteArray &json);

} // namespace presence::auth
