// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/router.h"

#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"

namespace presence::http {

using namespace Qt::StringLiterals;
using transport::HttpRequest;
using transport::HttpResponse;

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
    const qsizetype end = contentType.indexOf(';');
    const QByteArrayView mediaType
        = QByteArrayView(contentType).first(end < 0 ? contentType.size() : end);
    return mediaType.trimmed().compare("application/json", Qt::CaseInsensitive) == 0;
}

/// By the caller, or by nobody.
static Answer paid(const Answer &answer)
{
    return [answer](HttpResponse response) {
        response.paidBy = HttpResponse::PaidBy::Nobody;
        answer(std::move(response));
    };
}

/// What is asked for, without what the query may hold.
static QByteArray whatOf(const QByteArray &method, const QByteArray &target)
{
    QByteArray what = method + ':' + target;
    what.truncate(std::max<qsizetype>(0, (what + '?').indexOf('?')));
    return what.replace('"', '?'); // a value that is logged
}

static void logFailure(const QByteArray &what, int status, const QByteArray &id)
{
    if (mayLog(u"Failed status=%1"_s.arg(status)))
        qCWarning(lcHttp).noquote().nospace()
            << "Failed what=" << what << " status=" << status << " request_id=" << id;
}

/// An answer to a known caller: what its token does not allow is logged, and what an operator has
/// changed.
static Answer judged(Answer answer, const HttpRequest &request, const ApiRequest &accepted)
{
    const bool isAction
        = accepted.caller.isAdmin && (request.method == "PUT" || request.method == "DELETE");
    return [answer = std::move(answer), payer = accepted.payer, method = request.method,
            target = request.target, id = request.id, isAction](HttpResponse response) {
        const auto what = [&] { return whatOf(method, target); };
        if (response.status == 403)
            payer.logDenial(what(), u"the token does not allow this"_s, id);
        else if (isAction)
            qCInfo(lcAudit).noquote().nospace()
                << "Action what=" << what() << ' ' << payer.name() << " status=" << response.status
                << " request_id=" << id;
        else if (response.status >= 500)
            logFailure(what(), response.status, id);
        response.paidBy = HttpResponse::PaidBy::Nobody;
        answer(std::move(response));
    };
}

static bool hasBody(const HttpRequest &request)
{
    return request.method == "PUT" || request.method == "POST";
}

Router::Router(QtHttpBridge &bridge, const auth::JwtVerifier &verifier, limits::Limiter &limiter)
    : m_bridge(bridge), m_tokens(verifier), m_limiter(limiter)
{
    m_bridge.setMissing([](const HttpRequest &, const QByteArrayList &, const Answer &answer) {
        answer(problem({ErrorCode::NotFound, u"no such resource"_s}));
    });
    m_bridge.setBodyJudge(
        [this](const HttpRequest &head) { return hasBody(head) && callerOf(head).has_value(); });
}

void Router::add(const QString &path, const QByteArray &method, Handler handler)
{
    auto &methods = m_routes[path];
    if (!methods) {
        methods = std::make_shared<Methods>();
        m_bridge.add(
            path,
            [this, methods](const HttpRequest &request, QByteArrayList arguments, Answer answer) {
                serve(*methods, request, std::move(arguments), std::move(answer));
            });
    }
    methods->emplace(method, std::move(handler));
}

void Router::addProbe(const QString &path, std::function<void(Answer)> handler)
{
    m_bridge.add(path,
                 [handler = std::move(handler)](const HttpRequest &request, const QByteArrayList &,
                                                const Answer &answer) {
                     if (request.method != "GET")
                         return answer(notAllowed({"GET"_ba}));
                     handler(paid(answer));
                 });
}

void Router::addOpen(const QString &path, OpenHandler handler)
{
    m_bridge.add(path,
                 [this, handler = std::move(handler)](
                     const HttpRequest &request, const QByteArrayList &, const Answer &answer) {
                     if (request.method != "GET")
                         return answer(notAllowed({"GET"_ba}));
                     if (!request.headers.has("Authorization"))
                         return handler(std::nullopt, paid(answer));
                     const auto caller = callerOf(request);
                     if (!caller)
                         logStranger(request, caller.error());
                     handler(caller ? std::optional(*caller) : std::nullopt,
                             caller ? paid(answer) : answer);
                 });
}

void Router::serve(const Methods &methods, const HttpRequest &request, QByteArrayList arguments,
                   Answer answer)
{
    const auto found = methods.find(request.method);
    if (found == methods.end()) {
        QByteArrayList allowed;
        for (const auto &[method, handler] : methods)
            allowed.append(method);
        return answer(notAllowed(std::move(allowed)));
    }
    if (hasBody(request) && !isJson(request.headers.value("Content-Type")))
        return answer(transport::problem(415, u"the body must be application/json"_s));
    const auto accepted = accept(request, std::move(arguments));
    if (!accepted) {
        // Also one whose key is not known yet.
        const bool isStranger = accepted.error().code == ErrorCode::Unauthenticated
            || accepted.error().code == ErrorCode::Unavailable;
        if (isStranger)
            logStranger(request, accepted.error());
        return (isStranger ? answer : paid(answer))(problem(accepted.error()));
    }
    found->second(*accepted, judged(std::move(answer), request, *accepted));
}

void Router::logStranger(const HttpRequest &request, const Error &error) const
{
    if (error.code == ErrorCode::Unauthenticated)
        m_limiter.logDenial(*m_limiter.address(request.peer),
                            whatOf(request.method, request.target), error.detail, request.id);
}

Result<auth::Caller> Router::callerOf(const HttpRequest &request)
{
    const QByteArray authorization = request.headers.value("Authorization");
    if (authorization.size() <= 7
        || QByteArrayView(authorization).first(7).compare("Bearer ", Qt::CaseInsensitive) != 0)
        return fail(ErrorCode::Unauthenticated, u"a bearer token is needed"_s);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return m_tokens.verify(authorization.sliced(7).trimmed(), now);
}

Result<ApiRequest> Router::accept(const HttpRequest &request, QByteArrayList arguments)
{
    auto caller = callerOf(request);
    if (!caller)
        return Failure(caller.error());
    ApiRequest accepted{.caller = *caller,
                        .payer = {m_limiter, caller->user, request.peer, caller->isTrusted()},
                        .arguments = std::move(arguments),
                        .query = request.query()};
    if (const auto may = accepted.payer.take(limits::Spending::Requests); !may)
        return Failure(may.error());
    if (hasBody(request)) {
        const auto body = protocol::JsonView::parse(request.body);
        if (!body || !body->isObject())
            return fail(ErrorCode::Malformed, u"the body must be a JSON object"_s);
        accepted.body = *body;
    }
    return accepted;
}

} // namespace presence::http
