// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/httpmessage.h"

#include <QSet>

namespace presence::transport {

/// Which pages' scripts may use the service, by the Origin that a browser sends with them. Who is
/// no browser sends none, and may.
struct Origins
{
    QSet<QByteArray> listed; ///< such as https://app.example.com, in lower case
    bool isAny = false; ///< all are listed

    /// Whether a script of that page may read answers.
    bool isListed(const QByteArray &origin) const
    {
        return !origin.isEmpty() && (isAny || listed.contains(origin.toLower()));
    }

    /// Whether it may open a WebSocket, which a browser lets a page of any origin try: as Phoenix
    /// has it, a page of the same host when none is listed.
    bool mayConnect(const HttpRequest &request) const;
};

} // namespace presence::transport
