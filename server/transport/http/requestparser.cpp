// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/requestparser.h"

#include "shared/protocol/limits.h"

#include <algorithm>
#include <utility>

namespace presence::transport {

using namespace Qt::StringLiterals;

static constexpr int kMaxEmptyLines = 4;

qsizetype RequestParser::feed(QByteArrayView bytes)
{
    qsizetype used = 0;
    while (m_state == State::NeedMore && used < bytes.size()) {
        const QByteArrayView rest = bytes.sliced(used);
        switch (m_phase) {
        case Phase::Head:
            used += feedHead(rest);
            break;
        case Phase::SizedBody:
            used += feedSizedBody(rest);
            break;
        case Phase::ChunkedBody:
            used += feedChunks(rest);
            break;
        }
    }
    return used;
}

qsizetype RequestParser::feedHead(QByteArrayView bytes)
{
    qsizetype used = 0;
    m_bytes.reserve(std::min(m_bytes.size() + bytes.size(), limits::kMaxRequestHead));
    while (m_state == State::NeedMore && m_phase == Phase::Head && used < bytes.size()) {
        const qsizetype text = takeText(bytes.sliced(used));
        used += text;
        if (text == 0)
            takeHeadByte(bytes[used++]);
    }
    return used;
}

/// What stands within a line and ends none; most of a head.
static bool isText(char byte, bool isInRequestLine)
{
    if (isInRequestLine)
        return byte >= 0x20 && byte != 0x7F;
    return byte != '\r' && byte != '\n' && byte != '\0';
}

/// Takes what is text up to the next other byte, and returns how much; takeHeadByte() is for the
/// rest.
qsizetype RequestParser::takeText(QByteArrayView bytes)
{
    if (m_bytes.endsWith('\r'))
        return 0;
    bytes = bytes.first(std::min(bytes.size(), limits::kMaxRequestHead - m_bytes.size()));
    const bool isInRequestLine = m_lineStart == 0;
    const auto *end = std::find_if_not(bytes.begin(), bytes.end(), [isInRequestLine](char byte) {
        return isText(byte, isInRequestLine);
    });
    const qsizetype size = end - bytes.begin();
    m_bytes.append(bytes.first(size));
    checkHeadSize();
    return size;
}

/// Line ends and limits are judged byte by byte, so that a client which never ends its head, or
/// ends lines its own way, is refused at once.
void RequestParser::takeHeadByte(char byte)
{
    const bool afterCr = m_bytes.endsWith('\r');
    if ((byte == '\n') != afterCr || byte == '\0')
        return fail(400, u"A line does not end in CR LF."_s);
    // Whoever speaks another protocol, such as TLS, learns so at once.
    const bool isInRequestLine = m_lineStart == 0 && byte != '\r' && byte != '\n';
    if (isInRequestLine && (byte < 0x20 || byte == 0x7F))
        return fail(400, u"The request line is malformed."_s);
    m_bytes.append(byte);
    if (byte == '\n') {
        const bool isEmptyLine = m_bytes.size() - m_lineStart == 2;
        if (isEmptyLine && m_lineStart == 0) {
            // RFC 9112, 2.2: at least one empty line before the request line is ignored.
            if (++m_emptyLines > kMaxEmptyLines)
                return fail(400, u"The request line is empty."_s);
            m_bytes.clear();
            return;
        }
        m_lineStart = m_bytes.size();
        if (isEmptyLine)
            return finishHead();
    }
    checkHeadSize();
}

void RequestParser::checkHeadSize()
{
    constexpr qsizetype kMaxRequestLine = limits::kMaxRequestTarget + 24;
    if (m_lineStart == 0 && m_bytes.size() > kMaxRequestLine)
        fail(414, u"The request target is too long."_s);
    else if (m_bytes.size() >= limits::kMaxRequestHead)
        fail(431, u"The header fields are too large."_s);
}

void RequestParser::finishHead()
{
    auto parsed = parseRequestHead(m_bytes);
    m_bytes = {};
    m_lineStart = 0;
    if (const auto *fault = std::get_if<RequestFault>(&parsed))
        return fail(fault->status, fault->detail);
    m_head = std::get<RequestHead>(std::move(parsed));
    if (m_head.isChunked)
        m_phase = Phase::ChunkedBody;
    else if (m_head.contentLength > 0)
        m_phase = Phase::SizedBody;
    else
        m_state = State::Complete;
}

qsizetype RequestParser::feedSizedBody(QByteArrayView bytes)
{
    QByteArray &body = m_head.request.body;
    const qsizetype taken = std::min(m_head.contentLength - body.size(), bytes.size());
    body.append(bytes.first(taken));
    if (body.size() == m_head.contentLength)
        m_state = State::Complete;
    return taken;
}

qsizetype RequestParser::feedChunks(QByteArrayView bytes)
{
    const qsizetype used = m_chunks.feed(bytes, m_head.request.body);
    switch (m_chunks.state()) {
    case ChunkDecoder::State::NeedMore:
        break;
    case ChunkDecoder::State::Complete:
        m_state = State::Complete;
        break;
    case ChunkDecoder::State::Malformed:
        fail(400, u"The chunked body is malformed."_s);
        break;
    case ChunkDecoder::State::TooLarge:
        fail(413, u"The body is too large."_s);
        break;
    }
    return used;
}

const HttpRequest *RequestParser::takeHead()
{
    if (m_phase == Phase::Head || m_state != State::NeedMore || std::exchange(m_isHeadTaken, true))
        return nullptr;
    return &m_head.request;
}

qsizetype RequestParser::bodyLimit() const
{
    return m_head.isChunked ? limits::kMaxRequestBody : m_head.contentLength;
}

bool RequestParser::takeExpectation()
{
    const bool waits
        = m_phase != Phase::Head && m_state == State::NeedMore && m_head.request.body.isEmpty();
    return std::exchange(m_head.expectsContinue, false) && waits;
}

HttpRequest RequestParser::take()
{
    HttpRequest request = std::move(m_head.request);
    *this = {};
    return request;
}

void RequestParser::fail(int status, const QString &detail)
{
    m_state = State::Failed;
    m_fault = {status, detail};
}

} // namespace presence::transport
