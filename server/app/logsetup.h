// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/app/config.h"

namespace presence::app {

/// Sends Qt's log to standard error, one line a message, as text or JSON. Once, at the start.
void setUpLog(QtMsgType level, LogFormat format);

/// Why the daemon cannot go on, to standard error, as the log is written.
void printFatal(const QString &why);

} // namespace presence::app
