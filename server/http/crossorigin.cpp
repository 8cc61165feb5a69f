// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/crossorigin.h"

namespace presence::http {

using transport::HttpRequest;
using transport::HttpResponse;

static HttpResponse preflightAnswer(const QByteArray &origin)
{
    HttpResponse response{204, {}, {}};
    // A browser asks before the call that has the token: those of an office are many.
    response.paidBy = HttpResponse::PaidBy::Address;
    response.headers.add("Access-Control-Allow-Origin", origin);
    response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE");
    response.headers.add(
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, X-Phoenix-AuthToken, X-Phoenix-Longpoll-Token, "
        "X-Request-Id");
    response.headers.add("Access-Control-Max-Age", "7200");
    response.headers.add("Vary",
                         "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    return response;
}

bool CrossOrigin::mayRead(const HttpRequest &request, const QByteArray &origin) const
{
    if (transport::LongPoll::isAt(request))
        return !origin.isEmpty() && m_origins.current().mayConnect(request);
    return m_origins.current().isListed(origin);
}

void CrossOrigin::handle(const HttpRequest &request, Answer answer)
{
    // Where nothing is listed answers are the same for all.
    if (m_origins.current().listed.isEmpty() && !m_origins.current().isAny
        && !transport::LongPoll::isAt(request))
        return m_next.handle(request, std::move(answer));
    const QByteArray origin = request.headers.value("Origin");
    const bool isAllowed = mayRead(request, origin);
    if (isAllowed && request.method == "OPTIONS"
        && request.headers.has("Access-Control-Request-Method"))
        return answer(preflightAnswer(origin));
    m_next.handle(request,
                  [origin = isAllowed ? origin : QByteArray(),
                   answer = std::move(answer)](HttpResponse response) {
                      response.headers.add("Vary", "Origin");
                      if (!origin.isEmpty()) {
                          response.headers.add("Access-Control-Allow-Origin", origin);
                          response.headers.add("Access-Control-Expose-Headers",
                                               "Retry-After, WWW-Authenticate, X-Request-Id");
                      }
                      answer(std::move(response));
                  });
}

} // namespace presence::http
