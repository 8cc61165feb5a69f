// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/jwt.h"
#include "server/http/apirequest.h"
#include "server/http/qthttpbridge.h"

#include <QHash>
#include <QHttpServerRequest>
#include <QHttpServerResponder>

#include <map>

namespace presence::http {

/// Routes of QHttpServer with what every REST call has in common: the token, the method, the form
/// of the body, and errors as problem+json. Belongs to one shard.
class Router
{
public:
    Router(QtHttpBridge &bridge, const auth::JwtVerifier &verifier);

    using Method = QHttpServerRequest::Method;
    using Handler = std::function<void(const ApiRequest &, Answer)>;
    using OpenHandler = std::function<void(Answer)>;

    /// A call that needs a token. `path` has QHttpServer's placeholders: <arg>, at most two.
    void add(const QString &path, Method method, Handler handler);

    /// GET without a token or arguments.
    void addOpen(const QString &path, OpenHandler handler);

private:
    using Methods = std::map<Method, Handler>;

    void route(const QString &path, const std::shared_ptr<Methods> &methods);
    void serve(const Methods &methods, const QStringList &arguments,
               const QHttpServerRequest &request, QHttpServerResponder &&responder) const;
    Result<ApiRequest> accept(const QHttpServerRequest &request,
                              const QStringList &arguments) const;

    QtHttpBridge &m_bridge;
    const auth::JwtVerifier &m_verifier;
    QHash<QString, std::shared_ptr<Methods>> m_routes;
};

} // namespace presence::http
