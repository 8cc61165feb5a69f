// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/router.h"

#include <QJsonDocument>

namespace presence::http {

using namespace Qt::StringLiterals;
using transport::HttpResponse;

/// An Answer that goes out through `responder`.
static Answer answerThrough(QHttpServerResponder &&responder)
{
    const auto shared = std::make_shared<QHttpServerResponder>(std::move(responder));
    return [shared](const HttpResponse &response) { http::answer(std::move(*shared), response); };
}

static QByteArray toName(Router::Method method)
{
    using Method = Router::Method;
    switch (method) {
    case Method::Get:
        return "GET"_ba;
    case Method::Put:
        return "PUT"_ba;
    case Method::Post:
        return "POST"_ba;
    case Method::Delete:
        return "DELETE"_ba;
    default:
        return {};
    }
}

/// The refusal of a method, which names those there are.
static HttpResponse notAllowed(QByteArrayList allowed)
{
    HttpResponse refusal = transport::problem(405, u"method not allowed here"_s);
    if (allowed.contains("GET"))
        allowed.append("HEAD"_ba);
    refusal.headers.add("Allow", allowed.join(", "));
    return refusal;
}

/// Whether a body of this Content-Type is JSON; parameters say nothing more.
static bool isJson(const QByteArray &contentType)
{
    const QByteArray mediaType = contentType.split(';').constFirst().trimmed();
    return mediaType.compare("application/json", Qt::CaseInsensitive) == 0;
}

Router::Router(QtHttpBridge &bridge, const auth::JwtVerifier &verifier)
    : m_bridge(bridge), m_verifier(verifier)
{
    m_bridge.server().setMissingHandler(
        [](const QHttpServerRequest &, QHttpServerResponder &&responder) {
            answer(std::move(responder), problem({ErrorCode::NotFound, u"no such resource"_s}));
        });
}

void Router::add(const QString &path, Method method, Handler handler)
{
    auto &methods = m_routes[path];
    if (!methods) {
        methods = std::make_shared<Methods>();
        route(path, methods);
    }
    methods->emplace(method, std::move(handler));
}

void Router::route(const QString &path, const std::shared_ptr<Methods> &methods)
{
    QHttpServer &server = m_bridge.server();
    switch (path.count("<arg>"_L1)) {
    case 0:
        server.route(path,
                     [=, this](const QHttpServerRequest &r, QHttpServerResponder &&responder) {
                         serve(*methods, {}, r, std::move(responder));
                     });
        break;
    case 1:
        server.route(path,
                     [=, this](const QString &a, const QHttpServerRequest &r,
                               QHttpServerResponder &&responder) {
                         serve(*methods, {a}, r, std::move(responder));
                     });
        break;
    default:
        server.route(path,
                     [=, this](const QString &a, const QString &b, const QHttpServerRequest &r,
                               QHttpServerResponder &&responder) {
                         serve(*methods, {a, b}, r, std::move(responder));
                     });
    }
}

void Router::addOpen(const QString &path, OpenHandler handler)
{
    m_bridge.server().route(path,
                            [handler = std::move(handler)](const QHttpServerRequest &request,
                                                           QHttpServerResponder &&responder) {
                                const Answer answer = answerThrough(std::move(responder));
                                if (request.method() == Method::Get)
                                    handler(answer);
                                else
                                    answer(notAllowed({"GET"_ba}));
                            });
}

void Router::serve(const Methods &methods, const QStringList &arguments,
                   const QHttpServerRequest &request, QHttpServerResponder &&responder) const
{
    const Answer answer = answerThrough(std::move(responder));
    const auto found = methods.find(request.method());
    if (found == methods.end()) {
        QByteArrayList allowed;
        for (const auto &[method, handler] : methods)
            allowed.append(toName(method));
        return answer(notAllowed(std::move(allowed)));
    }
    const bool hasBody = found->first == Method::Put || found->first == Method::Post;
    if (hasBody && !isJson(request.value("Content-Type")))
        return answer(transport::problem(415, u"the body must be application/json"_s));
    const auto accepted = accept(request, arguments);
    if (!accepted)
        return answer(problem(accepted.error()));
    found->second(*accepted, answer);
}

Result<ApiRequest> Router::accept(const QHttpServerRequest &request,
                                  const QStringList &arguments) const
{
    const QByteArray authorization = request.value("Authorization");
    if (authorization.size() <= 7
        || authorization.first(7).compare("Bearer ", Qt::CaseInsensitive) != 0)
        return fail(ErrorCode::Unauthenticated, u"a bearer token is needed"_s);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto caller = m_verifier.verify(authorization.sliced(7).trimmed(), now);
    if (!caller)
        return Failure(caller.error());
    ApiRequest accepted{
        .caller = *std::move(caller), .arguments = arguments, .query = request.query()};
    if (request.method() == Method::Put || request.method() == Method::Post) {
        const auto document = QJsonDocument::fromJson(request.body());
        if (!document.isObject())
            return fail(ErrorCode::Malformed, u"the body must be a JSON object"_s);
        accepted.body = document.object();
    }
    return accepted;
}

} // namespace presence::http
