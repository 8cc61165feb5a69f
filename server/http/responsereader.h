// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/httpmessage.h"

#include <http_parser.h>

namespace presence::http {

/// Reads the responses that QHttpServer writes, one after the other. It reads our own process, not
/// a stranger, so http_parser's leniency does no harm. A response must have a Content-Length.
class ResponseReader
{
public:
    ResponseReader();
    Q_DISABLE_COPY_MOVE(ResponseReader)

    void feed(QByteArrayView bytes);

    /// True when there is a whole response to take.
    bool isComplete() const { return m_isComplete; }

    /// The response; the reader then starts over.
    transport::HttpResponse take();

private:
    // Callbacks of http_parser, which gets a value in pieces when it was written in pieces.
    static int onFieldName(http_parser *parser, const char *at, size_t size);
    static int onFieldValue(http_parser *parser, const char *at, size_t size);
    static int onHead(http_parser *parser);
    static int onBody(http_parser *parser, const char *at, size_t size);
    static int onEnd(http_parser *parser);
    static const http_parser_settings kCallbacks;

    void finishField();

    http_parser m_parser;
    transport::HttpResponse m_response;
    QByteArray m_name;
    QByteArray m_value;
    bool m_isInValue = false;
    bool m_isComplete = false;
};

} // namespace presence::http
