// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QSslCertificate>
#include <QSslKey>

namespace presence::eventloop {

/// A fresh P-256 key and a certificate for `localhost` that it signed itself, valid for an hour.
struct SelfSignedCertificate
{
    QSslKey key;
    QSslCertificate certificate;

    static SelfSignedCertificate make();
};

} // namespace presence::eventloop
