// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/requesthead.h"

#include "shared/protocol/limits.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace presence::transport {

using namespace Qt::StringLiterals;

namespace {

using Fault = std::optional<RequestFault>;

constexpr std::array kMethods{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isAlphanumeric(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isToken(QByteArrayView text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](char c) {
        return isAlphanumeric(c) || (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c));
    });
}

bool isPrintable(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool isFieldValue(QByteArrayView text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        return (static_cast<quint8>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
}

/// What may stand in Host; it goes into URLs, so nothing that ends an authority does.
bool isHost(QByteArrayView text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return isAlphanumeric(c) || (c != '\0' && std::strchr("-._~:[]%", c));
    });
}

/// Takes one line off the front. Nothing when it does not end in CR LF, or has another CR in it.
std::optional<QByteArrayView> takeLine(QByteArrayView &rest)
{
    const qsizetype end = rest.indexOf('\n');
    if (end < 1 || rest.indexOf('\r') != end - 1)
        return {};
    const QByteArrayView line = rest.first(end - 1);
    rest = rest.sliced(end + 1);
    return line;
}

Fault parseVersion(QByteArrayView version, HttpRequest &request)
{
    if (version.size() != 8 || !version.startsWith("HTTP/") || !isDigit(version[5])
        || version[6] != '.' || !isDigit(version[7]))
        return RequestFault{400, u"The request line is malformed."_s};
    if (version[5] != '1' || version[7] > '1')
        return RequestFault{505, u"Only HTTP/1.1 and HTTP/1.0 are spoken here."_s};
    request.isOldVersion = version[7] == '0';
    request.keepAlive = !request.isOldVersion;
    return {};
}

/// Brings the absolute form, which a proxy may send, into origin form.
QByteArrayView originForm(QByteArrayView target)
{
    for (QByteArrayView scheme : {"http://", "https://"}) {
        if (!target.startsWith(scheme))
            continue;
        const qsizetype path = target.indexOf('/', scheme.size());
        const qsizetype end = path < 0 ? target.size() : path;
        // An authority has no user in it (RFC 9110, 4.2.4): what follows it is none of ours.
        if (!isHost(target.first(end).sliced(scheme.size())) || end == scheme.size())
            return {};
        return path < 0 ? QByteArrayView("/") : target.sliced(path);
    }
    return target;
}

/// Without empty segments, which count for nothing: "//a///b/" is "/a/b".
QByteArray withoutEmptySegments(QByteArrayView target)
{
    const qsizetype query = target.indexOf('?');
    const QByteArrayView path = query < 0 ? target : target.first(query);
    if (!path.contains("//") && (path.size() == 1 || !path.endsWith('/')))
        return target.toByteArray();
    QByteArray result;
    result.reserve(target.size());
    for (const char c : path) {
        if (c != '/' || !result.endsWith('/'))
            result.append(c);
    }
    if (result.size() > 1 && result.endsWith('/'))
        result.chop(1);
    return result.append(target.sliced(path.size()));
}

Fault parseTarget(QByteArrayView target, HttpRequest &request)
{
    if (target.size() > limits::kMaxRequestTarget)
        return RequestFault{414, u"The request target is too long."_s};
    target = originForm(target);
    const bool isAsterisk = target == "*" && request.method == "OPTIONS";
    const qsizetype query = target.indexOf('?');
    if (!isAsterisk
        && (!target.startsWith('/') || !isPrintable(target) || target.contains('#')
            || !isDecodablePath(query < 0 ? target : target.first(query))))
        return RequestFault{400, u"The request target is malformed."_s};
    // An id that is missing must not make it mean more.
    request.target
        = request.method == "DELETE" ? target.toByteArray() : withoutEmptySegments(target);
    return {};
}

Fault parseRequestLine(QByteArrayView line, HttpRequest &request)
{
    const qsizetype first = line.indexOf(' ');
    const qsizetype last = line.lastIndexOf(' ');
    if (first < 1 || last <= first + 1 || !isToken(line.first(first)))
        return RequestFault{400, u"The request line is malformed."_s};
    if (Fault fault = parseVersion(line.sliced(last + 1), request))
        return fault;
    request.method = line.first(first).toByteArray();
    const auto isMethod = [&](const char *known) { return request.method == known; };
    if (std::none_of(kMethods.begin(), kMethods.end(), isMethod))
        return RequestFault{501, u"The method is not known here."_s};
    return parseTarget(line.sliced(first + 1, last - first - 1), request);
}

Fault parseField(QByteArrayView line, HttpHeaders &headers)
{
    if (headers.fields().size() == limits::kMaxHeaderFields)
        return RequestFault{431, u"There are too many header fields."_s};
    const qsizetype colon = line.indexOf(':');
    // A folded line or a space before the colon fails here: neither is part of a token.
    if (colon < 1 || !isToken(line.first(colon)) || !isFieldValue(line.sliced(colon + 1)))
        return RequestFault{400, u"A header field is malformed."_s};
    headers.add(line.first(colon).toByteArray(), line.sliced(colon + 1).trimmed().toByteArray());
    return {};
}

Fault checkHost(const HttpHeaders &headers, bool isOptional)
{
    const qsizetype count = headers.count("Host");
    if (count > 1 || (count == 0 && !isOptional) || !isHost(headers.value("Host")))
        return RequestFault{400, u"One valid Host field is needed."_s};
    return {};
}

Fault readContentLength(RequestHead &head)
{
    const HttpHeaders &headers = head.request.headers;
    if (!headers.has("Content-Length"))
        return {};
    const QByteArray value = headers.value("Content-Length");
    if (headers.count("Content-Length") > 1 || value.isEmpty()
        || !std::all_of(value.begin(), value.end(), isDigit))
        return RequestFault{400, u"Content-Length is malformed."_s};
    bool fits = false;
    const qlonglong length = value.toLongLong(&fits);
    if (!fits || length > limits::kMaxRequestBody)
        return RequestFault{413, u"The body is too large."_s};
    head.contentLength = length;
    return {};
}

Fault readTransferEncoding(RequestHead &head, bool isOldVersion)
{
    const HttpHeaders &headers = head.request.headers;
    if (!headers.has("Transfer-Encoding"))
        return {};
    if (headers.has("Content-Length") || isOldVersion)
        return RequestFault{400, u"The length of the body is said in more than one way."_s};
    const QList<QByteArray> codings = headers.listed("Transfer-Encoding");
    // An empty element, as in ",chunked", is read in one way here and in another elsewhere.
    const qsizetype elements = headers.value("Transfer-Encoding").count(',') + 1;
    if (codings.size() != elements || headers.count("Transfer-Encoding") > 1)
        return RequestFault{400, u"Transfer-Encoding is malformed."_s};
    if (codings.size() > 1 || codings.first().compare("chunked", Qt::CaseInsensitive) != 0)
        return RequestFault{501, u"Only the transfer coding chunked is known here."_s};
    head.isChunked = true;
    return {};
}

/// Fields of which only one can be meant.
Fault checkSingle(const HttpHeaders &headers)
{
    for (const char *name : {"Origin", "Authorization", "Content-Type", "Upgrade",
                             "Sec-WebSocket-Key", "Sec-WebSocket-Version"}) {
        if (headers.count(name) > 1)
            return RequestFault{400, u"%1 is given more than once."_s.arg(QLatin1StringView(name))};
    }
    const QByteArray origin = headers.value("Origin");
    if (origin.contains(' ') || origin.contains(','))
        return RequestFault{400, u"Origin is malformed."_s};
    return {};
}

Fault checkContentEncoding(const HttpHeaders &headers)
{
    for (const QByteArray &coding : headers.listed("Content-Encoding")) {
        if (coding.compare("identity", Qt::CaseInsensitive) != 0)
            return RequestFault{415, u"Bodies are not encoded here."_s};
    }
    return {};
}

Fault readExpect(RequestHead &head, bool isOldVersion)
{
    const HttpHeaders &headers = head.request.headers;
    if (!headers.has("Expect") || isOldVersion)
        return {};
    if (headers.value("Expect").compare("100-continue", Qt::CaseInsensitive) != 0)
        return RequestFault{417, u"Only 100-continue can be expected here."_s};
    head.expectsContinue = true;
    return {};
}

Fault interpretFields(RequestHead &head)
{
    const HttpHeaders &headers = head.request.headers;
    const bool isOldVersion = head.request.isOldVersion;
    if (Fault fault = checkHost(headers, isOldVersion))
        return fault;
    if (Fault fault = checkSingle(headers))
        return fault;
    if (Fault fault = checkContentEncoding(headers))
        return fault;
    if (Fault fault = readContentLength(head))
        return fault;
    if (Fault fault = readTransferEncoding(head, isOldVersion))
        return fault;
    if (Fault fault = readExpect(head, isOldVersion))
        return fault;
    if (headers.hasToken("Connection", "close"))
        head.request.keepAlive = false;
    else if (headers.hasToken("Connection", "keep-alive"))
        head.request.keepAlive = true;
    return {};
}

} // namespace

std::variant<RequestHead, RequestFault> parseRequestHead(QByteArrayView head)
{
    RequestHead result;
    const auto requestLine = takeLine(head);
    if (!requestLine)
        return RequestFault{400, u"The request line is malformed."_s};
    if (Fault fault = parseRequestLine(*requestLine, result.request))
        return *fault;
    while (true) {
        const auto line = takeLine(head);
        if (!line)
            return RequestFault{400, u"A header field is malformed."_s};
        if (line->isEmpty())
            break;
        if (Fault fault = parseField(*line, result.request.headers))
            return *fault;
    }
    if (Fault fault = interpretFields(result))
        return *fault;
    return result;
}

} // namespace presence::transport
