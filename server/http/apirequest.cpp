// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/apirequest.h"

#include "shared/protocol/json.h"

namespace presence::http {

using namespace Qt::StringLiterals;
using transport::HttpResponse;

HttpResponse json(int status, QByteArray body)
{
    HttpResponse response{.status = status, .body = std::move(body)};
    response.headers.add("Content-Type"_ba, "application/json"_ba);
    return response;
}

HttpResponse json(int status, const QJsonObject &object)
{
    return json(status, protocol::toBytes(object));
}

HttpResponse noContent()
{
    return {.status = 204};
}

std::optional<QByteArray> queryItem(const ApiRequest &request, const QString &name)
{
    if (!request.query.hasQueryItem(name))
        return std::nullopt;
    return request.query.queryItemValue(name, QUrl::FullyDecoded).toUtf8();
}

Error forbidden()
{
    return {ErrorCode::Forbidden, u"the token does not allow this"_s};
}

} // namespace presence::http
