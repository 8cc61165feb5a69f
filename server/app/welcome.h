// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"

namespace presence::app {

/// Makes a secret for a configuration that has none.
QByteArray makeSecret();

/// What an operator who has configured nothing needs to try it: tokens signed with `secret`, and
/// lines to paste.
QString welcomeText(const QByteArray &secret, quint16 port, bool isEncrypted);

} // namespace presence::app
