// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/httpmessage.h"

namespace presence::transport {

/// What a client of long polling goes by. It is in the body, and the status of HTTP is 200, as with
/// Phoenix.Transports.LongPoll.
enum class LongPollStatus : quint16 {
    Ok = 200,
    Empty = 204, ///< the window is over; poll again
    Refused = 400, ///< of what was posted
    Forbidden = 403,
    Gone = 410, ///< there is no such session, or a new one, when the answer has a token
    Unavailable = 500, ///< come back after a pause
};

/// The answer to a poll.
HttpResponse longPollMessages(LongPollStatus status, const QByteArray &token,
                              const QByteArrayList &messages);

/// The answer to what was posted, or to what is refused, with the reason for people.
HttpResponse longPollStatus(LongPollStatus status, const QString &reason = {});

} // namespace presence::transport
