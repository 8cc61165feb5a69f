// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/tokencache.h"
#include "server/http/apirequest.h"
#include "server/http/qthttpbridge.h"

#include <QHash>

#include <map>

namespace presence::http {

/// Routes of QHttpServer with what every REST call has in common: the token, the method, the form
/// of the body, and errors as problem+json. Belongs to one shard.
class Router
{
public:
    Router(QtHttpBridge &bridge, const auth::JwtVerifier &verifier, limits::Limiter &limiter);

    using Handler = std::function<void(const ApiRequest &, Answer)>;
    /// The caller is there when it has a valid token.
    using OpenHandler = std::function<void(const std::optional<auth::Caller> &, Answer)>;

    /// A call that needs a token. `path` has QHttpServer's placeholders: <arg>, at most two.
    void add(const QString &path, const QByteArray &method, Handler handler);

    /// GET for probes: whoever asks is answered, and no token is looked at.
    void addProbe(const QString &path, std::function<void(Answer)> handler);
    /// GET without a token or arguments. A wrong token is paid for as elsewhere.
    void addOpen(const QString &path, OpenHandler handler);

private:
    using Methods = std::map<QByteArray, Handler>; ///< by name

    void serve(const Methods &methods, const transport::HttpRequest &request,
               QByteArrayList arguments, Answer answer);
    Result<ApiRequest> accept(const transport::HttpRequest &request, QByteArrayList arguments);
    void logStranger(const transport::HttpRequest &request, const Error &error) const;
    Result<auth::Caller> callerOf(const transport::HttpRequest &request);

    QtHttpBridge &m_bridge;
    auth::TokenCache m_tokens;
    limits::Limiter &m_limiter;
    QHash<QString, std::shared_ptr<Methods>> m_routes;
};

} // namespace presence::http
