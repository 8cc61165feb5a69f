// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/apirequest.h"

#include "shared/protocol/json.h"

#include <QJsonDocument>

namespace presence::http {

using namespace Qt::StringLiterals;
using transport::HttpResponse;

HttpResponse json(int status, QByteArray body)
{
    HttpResponse response{.status = status, .body = std::move(body)};
    response.headers.add("Content-Type"_ba, "application/json"_ba);
    response.headers.add("Cache-Control"_ba, "no-store"_ba);
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

static int statusOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::Malformed:
        return 400;
    case ErrorCode::Invalid:
        return 422;
    case ErrorCode::Unauthenticated:
        return 401;
    case ErrorCode::Forbidden:
        return 403;
    case ErrorCode::NotFound:
        return 404;
    case ErrorCode::RateLimited:
        return 429;
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
        return 503;
    case ErrorCode::Internal:
        return 500;
    }
    return 500;
}

HttpResponse problem(const Error &error)
{
    constexpr char kRetryAfter[] = "1"; // s
    HttpResponse response = transport::problem(statusOf(error.code), error.detail);
    if (!error.field.isEmpty()) {
        QJsonObject body = QJsonDocument::fromJson(response.body).object();
        body["field"_L1] = error.field;
        response.body = protocol::toBytes(body);
    }
    if (error.isTransient())
        response.headers.add("Retry-After", kRetryAfter);
    if (error.code == ErrorCode::Unauthenticated)
        response.headers.add("WWW-Authenticate", "Bearer realm=\"presence\"");
    return response;
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
