// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/caller.h"
#include "server/limits/payer.h"
#include "server/transport/http/requesthandler.h"
#include "shared/core/result.h"
#include "shared/protocol/requests.h"

#include <QJsonObject>
#include <QUrlQuery>

#include <optional>

namespace presence::http {

/// A REST request whose caller is known and whose body is parsed.
struct ApiRequest
{
    auth::Caller caller;
    limits::Payer payer;
    QByteArrayList arguments; ///< what stands for the placeholders in the path, in order
    QUrlQuery query;
    protocol::JsonView body; ///< PUT and POST; valid until the next parse on this thread
};

/// Takes the answer to a request; to be called once, at once or later.
using Answer = transport::RequestHandler::Answer;

/// The identifier that stands for placeholder `index` of the path.
template <typename Id>
Result<Id> argument(const ApiRequest &request, int index, QLatin1StringView field)
{
    return protocol::parseId<Id>(request.arguments.value(index), field);
}

/// What `name` of the query is, if it is there.
std::optional<QByteArray> queryItem(const ApiRequest &request, const QString &name);

// What handlers answer with.
transport::HttpResponse json(int status, QByteArray body);
transport::HttpResponse json(int status, const QJsonObject &object);
transport::HttpResponse noContent();
Error forbidden(); ///< to the token of the caller
using transport::problem;

/// A callback that answers with what `toResponse` makes of the value, or with the problem.
template <typename T, typename ToResponse>
Callback<T> answering(Answer answer, ToResponse toResponse)
{
    return [answer = std::move(answer), toResponse](Result<T> result) {
        answer(result ? toResponse(*result) : problem(result.error()));
    };
}

} // namespace presence::http
