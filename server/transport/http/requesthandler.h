// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/httpmessage.h"

#include <functional>

namespace presence::transport {

/// Answers plain HTTP requests. Implemented by server/http.
class RequestHandler
{
public:
    using Answer = std::function<void(HttpResponse)>;

    virtual ~RequestHandler() = default;

    /// Whether the body of a request is worth receiving, by its head. If it is not, handle() gets
    /// the request without it, and the connection ends after the answer.
    virtual bool wantsBody(const HttpRequest &head) = 0;

    /// Whether it is of a client that is here already, and served while newcomers are not.
    virtual bool isOfSession(const HttpRequest &) { return false; }

    /// `request` is well formed and within the limits; HEAD comes as GET. `answer` may be called at
    /// once or later, on the same thread, also when the client is long gone; only its first call
    /// counts. Never called, the client gets 504 after TransportConfig::responseDeadline.
    virtual void handle(const HttpRequest &request, Answer answer) = 0;
};

} // namespace presence::transport
