// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/socketupgrade.h"

#include "server/channels/phoenixsocket.h"

namespace presence::channels {

using namespace Qt::StringLiterals;
using transport::HttpRequest;

static constexpr char kPath[] = "/socket/websocket";
/// The subprotocols of phoenix.js 1.8 with an authToken: the one to select, and the one that
/// carries the token.
static constexpr char kSubprotocol[] = "phoenix";
static constexpr char kTokenPrefix[] = "base64url.bearer.phx.";

SocketUpgrade::SocketUpgrade(Services &services, const auth::JwtVerifier &verifier,
                             limits::Limiter &limiter,
                             const Replaceable<transport::Origins> &origins)
    : m_services(services), m_verifier(verifier), m_limiter(limiter), m_origins(origins)
{
}

static QByteArray subprotocolToken(const HttpRequest &request)
{
    for (const QByteArray &offered : request.headers.listed("Sec-WebSocket-Protocol")) {
        if (offered.startsWith(kTokenPrefix))
            return QByteArray::fromBase64(offered.sliced(sizeof(kTokenPrefix) - 1),
                                          QByteArray::Base64UrlEncoding);
    }
    return {};
}

static QByteArray tokenOf(const HttpRequest &request, const QUrlQuery &query)
{
    const QString token = query.queryItemValue(u"token"_s, QUrl::FullyDecoded);
    if (!token.isEmpty())
        return token.toLatin1();
    const QByteArray authorization = request.headers.value("Authorization");
    if (authorization.size() > 7
        && authorization.first(7).compare("Bearer ", Qt::CaseInsensitive) == 0)
        return authorization.sliced(7).trimmed();
    // phoenix.js 1.8 with an authToken: by long polling, and by a WebSocket.
    const QByteArray longPollToken = request.headers.value("X-Phoenix-AuthToken");
    return longPollToken.isEmpty() ? subprotocolToken(request) : longPollToken;
}

/// As Phoenix: 1.0.0 unless the client says otherwise.
static std::optional<protocol::Vsn> vsnOf(const QUrlQuery &query)
{
    const QString vsn = query.queryItemValue(u"vsn"_s);
    if (vsn.isEmpty() || vsn.startsWith("1."_L1))
        return protocol::Vsn::V1;
    if (vsn.startsWith("2."_L1))
        return protocol::Vsn::V2;
    return std::nullopt;
}

bool SocketUpgrade::isAt(const HttpRequest &request) const
{
    return request.path() == kPath;
}

transport::UpgradeDecision SocketUpgrade::decide(const HttpRequest &request)
{
    if (!isAt(request))
        return transport::problem(404, u"no WebSocket here; try /socket/websocket"_s);
    return admit(request);
}

transport::UpgradeDecision SocketUpgrade::admit(const HttpRequest &request)
{
    const auto logDenial = [&](const QString &why) {
        m_limiter.logDenial(*m_limiter.address(request.peer), request.path(), why, request.id);
    };
    if (!m_origins.current().mayConnect(request)) {
        logDenial(u"origin not allowed"_s);
        return transport::problem(403, u"origin not allowed"_s);
    }
    const QUrlQuery query = request.query();
    const auto vsn = vsnOf(query);
    if (!vsn)
        return transport::problem(400, u"vsn must be 1.0.0 or 2.0.0"_s);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    auto caller = m_verifier.verify(tokenOf(request, query), now);
    // For the clocks' difference a token is good a while longer, but a socket ends in time.
    if (!caller && caller.error().code != ErrorCode::Unauthenticated)
        return transport::problem(caller.error());
    const bool isOver = caller && caller->expiresAt <= now;
    if (!caller || isOver) {
        const QString why = isOver ? u"token expired"_s : caller.error().detail;
        logDenial(why);
        auto refusal = transport::problem(401, why);
        refusal.headers.add("WWW-Authenticate", "Bearer realm=\"presence\"");
        return refusal;
    }
    limits::Payer payer(m_limiter, caller->user, request.peer, caller->isTrusted());
    if (const auto may = payer.holdConnection(); !may)
        return transport::problem(may.error());
    const bool offered = request.headers.hasToken("Sec-WebSocket-Protocol", kSubprotocol);
    return transport::UpgradeAcceptance{
        offered ? QByteArray(kSubprotocol) : QByteArray(),
        std::make_unique<PhoenixSocket>(m_services, *std::move(caller), *vsn, std::move(payer))};
}

} // namespace presence::channels
