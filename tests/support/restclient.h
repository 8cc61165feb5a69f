// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QMap>
#include <QNetworkAccessManager>

namespace presence::test {

/// An answer; status 0 when there was none.
struct RestResponse
{
    int status = 0;
    QMap<QByteArray, QByteArray> headers; ///< by lower-case name
    QByteArray body;

    QJsonObject json() const; ///< empty when the body is no object
    QJsonArray array() const;
    QByteArray header(const QByteArray &name) const { return headers.value(name.toLower()); }

    /// What keeps this from being the error `expected` as RFC 9457 has it; empty when nothing does.
    QString faultAsProblem(int expected) const;
};

/// A caller of the REST API on 127.0.0.1 with one token. Every call waits for its answer, 20 s at
/// most.
class RestClient
{
public:
    using Headers = QMap<QByteArray, QByteArray>;

    /// Without a token no Authorization is sent.
    explicit RestClient(quint16 port, QByteArray token = {});

    RestResponse get(const QString &path) { return send("GET", path); }
    RestResponse head(const QString &path) { return send("HEAD", path); }
    RestResponse del(const QString &path) { return send("DELETE", path); }
    RestResponse put(const QString &path, const QJsonObject &body);
    RestResponse post(const QString &path, const QJsonObject &body);

    /// `path` is percent-encoded already.
    RestResponse send(const QByteArray &method, const QString &path, const QByteArray &body = {},
                      const Headers &headers = {});

private:
    quint16 m_port;
    QByteArray m_token;
    QNetworkAccessManager m_manager;
};

} // namespace presence::test
