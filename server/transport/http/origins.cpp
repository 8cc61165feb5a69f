// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/origins.h"

#include <QUrl>

namespace presence::transport {

bool Origins::mayConnect(const HttpRequest &request) const
{
    const QByteArray origin = request.headers.value("Origin");
    if (origin.isEmpty() || isListed(origin))
        return true;
    if (!listed.isEmpty())
        return false;
    const QString host
        = QUrl::fromEncoded("http://" + request.headers.value("Host"), QUrl::StrictMode).host();
    return !host.isEmpty() && QUrl::fromEncoded(origin, QUrl::StrictMode).host() == host;
}

} // namespace presence::transport
