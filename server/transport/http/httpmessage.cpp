// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/httpmessage.h"

#include "server/transport/websocket/utf8validator.h"
#include "shared/core/decimal.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <QStringBuilder>
#include <QTimeZone>

#include <algorithm>
#include <cctype>
#include <http_parser.h>

namespace presence::transport {

using namespace Qt::StringLiterals;

static bool isSame(QByteArrayView a, QByteArrayView b)
{
    return a.size() == b.size() && a.compare(b, Qt::CaseInsensitive) == 0;
}

qsizetype HttpHeaders::count(QByteArrayView name) const
{
    return std::count_if(m_fields.begin(), m_fields.end(),
                         [name](const Field &field) { return isSame(field.name, name); });
}

QByteArray HttpHeaders::value(QByteArrayView name) const
{
    const auto found = std::find_if(m_fields.begin(), m_fields.end(), [name](const Field &field) {
        return isSame(field.name, name);
    });
    return found == m_fields.end() ? QByteArray() : found->value;
}

QList<QByteArray> HttpHeaders::listed(QByteArrayView name) const
{
    QList<QByteArray> values;
    for (const Field &field : m_fields) {
        if (!isSame(field.name, name))
            continue;
        const QList<QByteArray> parts = field.value.split(',');
        for (const QByteArray &part : parts) {
            if (const QByteArray trimmed = part.trimmed(); !trimmed.isEmpty())
                values.append(trimmed);
        }
    }
    return values;
}

bool HttpHeaders::hasToken(QByteArrayView name, QByteArrayView token) const
{
    const QList<QByteArray> values = listed(name);
    return std::any_of(values.begin(), values.end(),
                       [token](const QByteArray &value) { return isSame(value, token); });
}

static QByteArrayView pathOf(QByteArrayView target)
{
    const qsizetype end = target.indexOf('?');
    return end < 0 ? target : target.first(end);
}

static QByteArray decoded(QByteArrayView rawPath)
{
    QByteArray kept = rawPath.toByteArray();
    if (!kept.contains('%'))
        return kept;
    kept.replace("%2F", "%252F").replace("%2f", "%252f");
    return QByteArray::fromPercentEncoding(kept);
}

bool isDecodablePath(QByteArrayView rawPath)
{
    const auto isHex = [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; };
    for (qsizetype i = rawPath.indexOf('%'); i >= 0; i = rawPath.indexOf('%', i + 1)) {
        if (i + 2 >= rawPath.size() || !isHex(rawPath[i + 1]) || !isHex(rawPath[i + 2]))
            return false;
    }
    const QByteArray bytes = decoded(rawPath);
    const auto isControl = [](char c) { return static_cast<quint8>(c) < 0x20 || c == 0x7F; };
    Utf8Validator utf8;
    return std::none_of(bytes.begin(), bytes.end(), isControl) && utf8.feed(bytes)
        && utf8.isComplete();
}

QByteArray HttpRequest::path() const
{
    return decoded(pathOf(target));
}

QByteArrayList HttpRequest::segments() const
{
    QByteArrayList segments;
    QByteArrayView rest = pathOf(target);
    for (qsizetype slash = rest.indexOf('/'); slash >= 0;) {
        rest = rest.sliced(slash + 1);
        slash = rest.indexOf('/');
        const QByteArray segment = (slash < 0 ? rest : rest.first(slash)).toByteArray();
        segments.append(segment.contains('%') ? QByteArray::fromPercentEncoding(segment) : segment);
    }
    return segments;
}

QUrlQuery HttpRequest::query() const
{
    const qsizetype start = target.indexOf('?');
    return start < 0 ? QUrlQuery() : QUrlQuery(QString::fromLatin1(target.sliced(start + 1)));
}

HttpResponse problem(int status, const QString &detail)
{
    const auto title = QString::fromLatin1(http_status_str(static_cast<http_status>(status)));
    const QJsonObject json{
        {u"type"_s, u"about:blank"_s},
        {u"title"_s, title},
        {u"status"_s, status},
        {u"detail"_s, detail},
    };
    HttpResponse response{status, {}, QJsonDocument(json).toJson(QJsonDocument::Compact)};
    response.headers.add("Content-Type"_ba, "application/problem+json"_ba);
    return response;
}

static int statusOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::Malformed:
        return 400;
    case ErrorCode::Invalid:
        return 422;
    case ErrorCode::Unauthenticated:
        return 401;
    case ErrorCode::Forbidden:
        return 403;
    case ErrorCode::NotFound:
        return 404;
    case ErrorCode::RateLimited:
        return 429;
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
        return 503;
    case ErrorCode::Internal:
        return 500;
    }
    return 500;
}

HttpResponse problem(const Error &error)
{
    constexpr std::chrono::seconds kDefault(1);
    HttpResponse response = problem(statusOf(error.code), error.detail);
    QJsonObject body = QJsonDocument::fromJson(response.body).object();
    if (!error.field.isEmpty())
        body[u"field"_s] = error.field;
    if (!error.limit.isEmpty()) {
        body[u"limit"_s] = error.limit;
        body[u"retry_after_ms"_s] = static_cast<qint64>(error.retryAfter.count());
    }
    response.body = QJsonDocument(body).toJson(QJsonDocument::Compact);
    if (error.isTransient()) {
        const auto wait
            = std::max(kDefault, std::chrono::ceil<std::chrono::seconds>(error.retryAfter));
        response.headers.add("Retry-After"_ba, QByteArray::number(qint64(wait.count())));
    }
    if (error.code == ErrorCode::Unauthenticated)
        response.headers.add("WWW-Authenticate"_ba, "Bearer realm=\"presence\""_ba);
    return response;
}

/// The present time as a Date field has it, made once a second.
static QByteArray httpDate()
{
    thread_local qint64 madeAt = -1;
    thread_local QByteArray date;
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    if (now != madeAt) {
        madeAt = now;
        date = QLocale::c()
                   .toString(QDateTime::fromSecsSinceEpoch(now, QTimeZone::utc()),
                             u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s)
                   .toLatin1();
    }
    return date;
}

static bool isOurs(const QByteArray &name)
{
    return isSame(name, "Content-Length") || isSame(name, "Date") || isSame(name, "Connection")
        || isSame(name, "Transfer-Encoding");
}

/// A name or value that would end the line early must not get onto the wire.
static bool isOneLine(const QByteArray &text)
{
    return !text.contains('\r') && !text.contains('\n') && !text.contains('\0');
}

/// No answer is a page, to be shown, framed or guessed at; and what it says is true at this moment.
static constexpr char kSecurityHeaders[]
    = "X-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
      "Referrer-Policy: no-referrer\r\n";

QByteArray serialize(const HttpResponse &response, const SerializeOptions &options)
{
    const bool hasBody = response.status >= 200 && response.status != 204 && response.status != 304;
    QByteArray bytes;
    bytes.reserve(512 + response.body.size());
    bytes += "HTTP/1.1 " % Decimal(response.status).view() % ' '
        % http_status_str(static_cast<http_status>(response.status)) % "\r\n";
    for (const HttpHeaders::Field &field : response.headers.fields()) {
        if (!isOurs(field.name) && isOneLine(field.name) && isOneLine(field.value))
            bytes += field.name % ": " % field.value % "\r\n";
    }
    if (!options.requestId.isEmpty())
        bytes += "X-Request-Id: " % options.requestId % "\r\n";
    if (response.status >= 200) {
        bytes += "Date: " % httpDate() % "\r\n" % kSecurityHeaders;
        if (!response.headers.has("Cache-Control"))
            bytes += "Cache-Control: no-store\r\n";
    }
    if (hasBody)
        bytes += "Content-Length: " % Decimal(response.body.size()).view() % "\r\n";
    bytes += options.keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    if (hasBody && !options.isHead)
        bytes.append(response.body);
    return bytes;
}

HttpResponse tooManyConnections()
{
    HttpResponse response = problem(503, u"There are too many connections."_s);
    response.headers.add("Retry-After", "5");
    response.paidBy = HttpResponse::PaidBy::Nobody;
    return response;
}

} // namespace presence::transport
