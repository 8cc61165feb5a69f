// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/core/logging.h"

namespace presence {

Q_LOGGING_CATEGORY(lcApp, "presence.app", QtInfoMsg)
Q_LOGGING_CATEGORY(lcLoop, "presence.loop", QtInfoMsg)
Q_LOGGING_CATEGORY(lcTransport, "presence.transport", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAuth, "presence.auth", QtInfoMsg)
Q_LOGGING_CATEGORY(lcChannels, "presence.channels", QtInfoMsg)
Q_LOGGING_CATEGORY(lcHttp, "presence.http", QtInfoMsg)
Q_LOGGING_CATEGORY(lcPresence, "presence.presence", QtInfoMsg)
Q_LOGGING_CATEGORY(lcArchive, "presence.archive", QtInfoMsg)
Q_LOGGING_CATEGORY(lcBus, "presence.bus", QtInfoMsg)
Q_LOGGING_CATEGORY(lcHub, "presence.hub", QtInfoMsg)
Q_LOGGING_CATEGORY(lcRedis, "presence.redis", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAudit, "presence.audit", QtInfoMsg)

} // namespace presence
