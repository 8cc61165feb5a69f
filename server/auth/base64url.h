// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>

#include <optional>

namespace presence::auth {

/// The bytes of base64url without padding (RFC 7515, 2). Each has one spelling: nothing for
/// padding, for characters besides, and for bits that are left over at the end.
std::optional<QByteArray> fromBase64Url(QByteArrayView text);

QByteArray toBase64Url(const QByteArray &bytes);

} // namespace presence::auth
