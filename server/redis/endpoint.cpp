// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/redis/endpoint.h"

#include <QUrl>
#include <QUrlQuery>

namespace presence::redis {

using namespace Qt::StringLiterals;

// The text may hold a password, so no message repeats it.
static Failure invalid(const char *why)
{
    return fail(ErrorCode::Invalid, u"Redis URL: "_s + QString::fromLatin1(why));
}

static Result<int> parseDatabase(const QString &text)
{
    bool ok = false;
    const int database = text.toInt(&ok);
    if (!ok || database < 0)
        return invalid("the database must be a number from 0 on");
    return database;
}

static Result<Endpoint> parseUnix(const QUrl &url)
{
    Endpoint endpoint;
    endpoint.socketPath = url.path(QUrl::FullyDecoded);
    if (!url.host().isEmpty() || endpoint.socketPath.size() < 2)
        return invalid("a unix socket is given as unix:///path");
    const QUrlQuery query(url);
    if (query.hasQueryItem(u"db"_s)) {
        const Result<int> database = parseDatabase(query.queryItemValue(u"db"_s));
        if (!database)
            return Failure(database.error());
        endpoint.database = *database;
    }
    return endpoint;
}

static Result<Endpoint> parseTcp(const QUrl &url)
{
    Endpoint endpoint;
    endpoint.host = url.host(QUrl::FullyDecoded);
    const int port = url.port(endpoint.port);
    if (endpoint.host.isEmpty() || port < 1)
        return invalid("the host is missing or the port is not from 1 to 65535");
    endpoint.port = quint16(port);
    endpoint.username = url.userName(QUrl::FullyDecoded).toUtf8();
    endpoint.password = url.password(QUrl::FullyDecoded).toUtf8();
    const QString path = url.path();
    if (path.size() > 1) {
        const Result<int> database = parseDatabase(path.sliced(1));
        if (!database)
            return Failure(database.error());
        endpoint.database = *database;
    }
    return endpoint;
}

Result<Endpoint> Endpoint::parse(const QString &text)
{
    const QUrl url(text, QUrl::StrictMode);
    if (!url.isValid())
        return invalid("not a URL");
    const bool isTls = url.scheme() == "rediss"_L1 || url.scheme() == "valkeys"_L1;
    if (url.scheme() == "redis"_L1 || url.scheme() == "valkey"_L1)
        return parseTcp(url);
    if (url.scheme() == "unix"_L1)
        return parseUnix(url);
    if (isTls) {
        auto endpoint = parseTcp(url);
        if (endpoint)
            endpoint->tls = QSslConfiguration::defaultConfiguration();
        return endpoint;
    }
    return invalid("it must begin with redis://, rediss://, valkey://, valkeys:// or unix://");
}

QString Endpoint::toString() const
{
    const QString place = socketPath.isEmpty()
        ? (host.contains(u':') ? u"[%1]:%2"_s : u"%1:%2"_s).arg(host).arg(port)
        : socketPath;
    return database == 0 ? place : u"%1 database %2"_s.arg(place).arg(database);
}

} // namespace presence::redis
