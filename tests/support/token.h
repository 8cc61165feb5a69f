// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/jwt.h"

namespace presence::test {

/// AUTH_JWT_SECRET of the daemons under test.
inline const QByteArray kSecret = "a secret of the tests, of thirty-two bytes and more";

inline QByteArray tokenFor(const QString &user, QJsonObject claims = {})
{
    claims[QLatin1StringView("sub")] = user;
    return auth::signToken(claims, kSecret);
}

} // namespace presence::test
