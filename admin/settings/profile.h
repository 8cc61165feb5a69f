// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>

namespace presence::dashboard {

/// A daemon that an operator connects to. Its token is in the TokenStore.
struct Profile
{
    QString name; ///< unique
    QUrl url; ///< http, https, ws or wss; host and port, perhaps a path before /socket
    /// SHA-256 of a certificate that the operator trusts although nobody else does; empty for none.
    QByteArray trustedCertificate;
    friend bool operator==(const Profile &, const Profile &) = default;
};

} // namespace presence::dashboard
