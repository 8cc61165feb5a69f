// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/responsereader.h"

#include <utility>

namespace presence::http {

ResponseReader::ResponseReader()
{
    http_parser_init(&m_parser, HTTP_RESPONSE);
    m_parser.data = this;
}

const http_parser_settings ResponseReader::kCallbacks{
    .on_header_field = onFieldName,
    .on_header_value = onFieldValue,
    .on_headers_complete = onHead,
    .on_body = onBody,
    .on_message_complete = onEnd,
};

static ResponseReader &readerOf(http_parser *parser)
{
    return *static_cast<ResponseReader *>(parser->data);
}

int ResponseReader::onFieldName(http_parser *parser, const char *at, size_t size)
{
    ResponseReader &reader = readerOf(parser);
    reader.finishField();
    reader.m_name.append(at, static_cast<qsizetype>(size));
    return 0;
}

int ResponseReader::onFieldValue(http_parser *parser, const char *at, size_t size)
{
    ResponseReader &reader = readerOf(parser);
    reader.m_isInValue = true;
    reader.m_value.append(at, static_cast<qsizetype>(size));
    return 0;
}

int ResponseReader::onHead(http_parser *parser)
{
    readerOf(parser).finishField();
    return 0;
}

int ResponseReader::onBody(http_parser *parser, const char *at, size_t size)
{
    readerOf(parser).m_response.body.append(at, static_cast<qsizetype>(size));
    return 0;
}

int ResponseReader::onEnd(http_parser *parser)
{
    ResponseReader &reader = readerOf(parser);
    reader.m_response.status = static_cast<int>(parser->status_code);
    reader.m_isComplete = true;
    return 0;
}

void ResponseReader::finishField()
{
    if (std::exchange(m_isInValue, false))
        m_response.headers.add(std::exchange(m_name, {}), std::exchange(m_value, {}));
}

void ResponseReader::feed(QByteArrayView bytes)
{
    if (!m_isComplete)
        http_parser_execute(&m_parser, &kCallbacks, bytes.data(),
                            static_cast<size_t>(bytes.size()));
}

transport::HttpResponse ResponseReader::take()
{
    http_parser_init(&m_parser, HTTP_RESPONSE);
    m_isComplete = false;
    return std::exchange(m_response, {});
}

} // namespace presence::http
