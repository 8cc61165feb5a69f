// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/httpmessage.h"

#include <variant>

namespace presence::transport {

/// Why a request is refused: the status to answer with, and a sentence for whoever wrote the
/// client.
struct RequestFault
{
    int status = 400;
    QString detail;
};

/// A request without its body, and how that body is framed.
struct RequestHead
{
    HttpRequest request;
    qsizetype contentLength = 0; ///< bytes; 0 when chunked
    bool isChunked = false;
    bool expectsContinue = false;

    bool hasBody() const { return isChunked || contentLength > 0; }
};

/// Parses a request line and header fields, which end with an empty line. A pure function.
///
/// It is strict where servers that are not were fooled: one way to frame the body or none, one
/// Host, no white space before a colon, no folded line, no control character, every line ended
/// by CR LF. http_parser, as Debian builds it, lets all of these pass, so it is not used here.
/// Size limits are limits::kMaxRequestTarget, kMaxHeaderFields and kMaxRequestBody.
std::variant<RequestHead, RequestFault> parseRequestHead(QByteArrayView head);

} // namespace presence::transport
