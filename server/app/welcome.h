// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"

namespace presence::app {

/// Makes a secret for a configuration that has none.
QByteArray makeSecret();

/// An address as it is in a URL.
QString hostIn(const QHostAddress &address);

/// Where a client on this machine reaches what is bound so, as it is in a URL.
QString hostToTry(const QHostAddress &bind);

/// What an operator who has configured nothing needs to try it: tokens signed with `secret`, and
/// lines to paste.
QString welcomeText(const QByteArray &secret, const QString &host, quint16 port, bool isEncrypted);

} // namespace presence::app
