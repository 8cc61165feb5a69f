// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/support/restclient.h"

#include "tests/support/daemonprocess.h"

#include <QJsonDocument>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QTest>

#include <memory>

namespace presence::test {

using namespace Qt::StringLiterals;

static const RestClient::Headers kJson{{"Content-Type", "application/json"}};

QJsonObject RestResponse::json() const
{
    return QJsonDocument::fromJson(body).object();
}

QJsonArray RestResponse::array() const
{
    return QJsonDocument::fromJson(body).array();
}

QString RestResponse::faultAsProblem(int expected) const
{
    const QJsonObject object = json();
    if (status != expected)
        return u"status %1: "_s.arg(status) + QString::fromUtf8(body);
    if (header("Content-Type") != "application/problem+json")
        return u"Content-Type "_s + QString::fromUtf8(header("Content-Type"));
    if (object["type"_L1] != "about:blank"_L1 || object["status"_L1] != expected
        || object["title"_L1].toString().isEmpty() || object["detail"_L1].toString().isEmpty())
        return QString::fromUtf8(body);
    return {};
}

RestClient::RestClient(quint16 port, QByteArray token) : m_port(port), m_token(std::move(token))
{
    m_manager.setProxy(QNetworkProxy::NoProxy);
}

RestResponse RestClient::put(const QString &path, const QJsonObject &body)
{
    return send("PUT", path, QJsonDocument(body).toJson(), kJson);
}

RestResponse RestClient::post(const QString &path, const QJsonObject &body)
{
    return send("POST", path, QJsonDocument(body).toJson(), kJson);
}

RestResponse RestClient::send(const QByteArray &method, const QString &path, const QByteArray &body,
                              const Headers &headers)
{
    QNetworkRequest request(QUrl(u"http://127.0.0.1:%1"_s.arg(m_port) + path));
    if (!m_token.isEmpty())
        request.setRawHeader("Authorization", "Bearer " + m_token);
    for (auto it = headers.begin(); it != headers.end(); ++it)
        request.setRawHeader(it.key(), it.value());
    // A custom HEAD would wait for a body.
    const std::unique_ptr<QNetworkReply> reply(
        method == "HEAD" ? m_manager.head(request)
                         : m_manager.sendCustomRequest(request, method, body));
    if (!QTest::qWaitFor([&reply] { return reply->isFinished(); }, kDaemonPatience))
        return {};
    RestResponse response{.status
                          = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt(),
                          .body = reply->readAll()};
    for (const auto &[name, value] : reply->rawHeaderPairs())
        response.headers.insert(name.toLower(), value);
    return response;
}

} // namespace presence::test
