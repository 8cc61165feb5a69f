// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/error.h"

#include <QByteArray>
#include <QHostAddress>
#include <QList>
#include <QString>
#include <QUrlQuery>

#include <atomic>
#include <memory>

namespace presence::transport {

/// Header fields in the order they came. Names are compared without regard to case.
class HttpHeaders
{
public:
    struct Field
    {
        QByteArray name;
        QByteArray value; ///< without the white space around it
    };

    void add(QByteArray name, QByteArray value)
    {
        m_fields.append({std::move(name), std::move(value)});
    }

    bool has(QByteArrayView name) const { return count(name) > 0; }
    qsizetype count(QByteArrayView name) const; ///< fields of that name
    /// The first value, or nothing.
    QByteArray value(QByteArrayView name) const;
    /// The values of all fields of that name, split at commas, in order, without empty ones.
    QList<QByteArray> listed(QByteArrayView name) const;
    /// True when `token` is among listed(name), without regard to case.
    bool hasToken(QByteArrayView name, QByteArrayView token) const;

    const QList<Field> &fields() const { return m_fields; }

private:
    QList<Field> m_fields;
};

/// A request whose form has been checked; see parseRequestHead() for what that means.
struct HttpRequest
{
    QByteArray method; ///< upper case; HEAD has become GET for a handler
    QByteArray target; ///< origin form, "/path?query", printable ASCII, or "*"
    HttpHeaders headers;
    QByteArray body;
    QByteArray id; ///< as the client or a proxy named it by X-Request-Id, or one of our own
    QHostAddress peer; ///< the client, as far as it is known: behind proxies, the one they name
    /// Whether the client has ended its side since. Null where there is no connection.
    std::shared_ptr<const std::atomic<bool>> hasClientEnded;
    bool isOldVersion = false; ///< HTTP/1.0
    bool keepAlive = true; ///< the client wants to go on after the answer

    /// The percent-decoded path: valid UTF-8 without control characters. %2F stays as it is, so a
    /// '/' always separates.
    QByteArray path() const;
    /// What is between the '/' of the path, each percent-decoded: a %2F belongs to its segment.
    QByteArrayList segments() const;
    QUrlQuery query() const;
};

/// What a handler answers. Content-Length, Date, Connection and Transfer-Encoding are not its to
/// set and are left out.
struct HttpResponse
{
    int status = 200;
    HttpHeaders headers;
    QByteArray body;
    enum class PaidBy : quint8 {
        Stranger, ///< the address, of what it may ask for without a valid token
        Address, ///< the address, as a new connection: of a client that may have a valid token
        Nobody, ///< the caller has, or it is our own fault, or it is for probes, which none may
                ///< starve
    };
    PaidBy paidBy = PaidBy::Stranger;
};

/// An RFC 9457 answer: {"type":"about:blank","title":<reason>,"status":…,"detail":…}.
HttpResponse problem(int status, const QString &detail);
/// The same for an error, with the headers that belong to the status.
HttpResponse problem(const Error &error);

/// Of the process, or of an address.
HttpResponse tooManyConnections();

struct SerializeOptions
{
    bool isHead = false; ///< leave the body out, and keep its length
    bool keepAlive = true;
    QByteArray requestId{}; ///< told as X-Request-Id; empty for none
};

/// The bytes of `response` for the wire, as HTTP/1.1.
QByteArray serialize(const HttpResponse &response, const SerializeOptions &options);

/// True when `rawPath` has the decoded form that HttpRequest::path() promises.
bool isDecodablePath(QByteArrayView rawPath);

} // namespace presence::transport
