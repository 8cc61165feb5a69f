// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/qthttpbridge.h"

#include "server/http/memorysocket.h"

#include <QHttpServerResponder>
#include <QStringBuilder>
#include <QTcpServer>

#include <utility>

namespace presence::http {

using namespace Qt::StringLiterals;
using transport::HttpRequest;

/// Offers a socket that nobody connected.
class QtHttpBridge::MemoryServer final : public QTcpServer
{
public:
    void offer(QTcpSocket *socket)
    {
        m_offered = socket;
        // The signal is private to QTcpServer. addPendingConnection() would send it too, but keep
        // the socket, and warn that nobody listens when it is fetched.
        QMetaObject::invokeMethod(this, "pendingConnectionAvailable", Qt::DirectConnection);
    }

    bool hasPendingConnections() const override { return m_offered; }
    QTcpSocket *nextPendingConnection() override { return std::exchange(m_offered, nullptr); }

private:
    QTcpSocket *m_offered = nullptr;
};

QtHttpBridge::QtHttpBridge()
{
    auto *listener = new MemoryServer;
    // bind() warns of a server that does not listen, so this one does for that moment.
    listener->listen(QHostAddress(QHostAddress::LocalHost));
    m_server.bind(listener);
    listener->close();
    m_socket = new MemorySocket(listener);
    listener->offer(m_socket);
}

/// QHttpServer frees what it keeps for a socket when that is disconnected.
QtHttpBridge::~QtHttpBridge()
{
    m_socket->disconnectFromHost();
}

/// What a route of QHttpServer is called with, and leaves alone.
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
using Responder = QHttpServerResponder &;
#else
using Responder = QHttpServerResponder &&;
#endif

void QtHttpBridge::add(const QString &path, Handler handler)
{
    Route *route = &m_routes.emplace_back();
    route->handler = std::move(handler);
    const QByteArrayList segments = path.toLatin1().split('/').mid(1);
    for (qsizetype i = 0; i < segments.size(); ++i) {
        if (segments[i] == "<arg>")
            route->placeholders.append(i);
        else
            m_words.insert(segments[i]);
    }
    const auto find = [this, route] { m_found = route; };
    switch (route->placeholders.size()) {
    case 0:
        m_server.route(path, [find](Responder) { find(); });
        break;
    case 1:
        m_server.route(path, [find](const QString &, Responder) { find(); });
        break;
    default:
        m_server.route(path, [find](const QString &, const QString &, Responder) { find(); });
    }
}

/// A segment that is no word of a route can only stand for a placeholder, whatever it is: an empty
/// one cannot.
QByteArray QtHttpBridge::formOf(const QByteArrayList &segments) const
{
    QByteArray form;
    for (const QByteArray &segment : segments)
        form += '/' % (segment.isEmpty() || m_words.contains(segment) ? segment : "*"_ba);
    return form;
}

const QtHttpBridge::Route &QtHttpBridge::routeOf(const QByteArrayList &segments)
{
    const QByteArray form = formOf(segments);
    if (const auto known = m_known.constFind(form); known != m_known.cend())
        return **known;
    // OPTIONS * has no path, and QHttpServer would close its socket. No route has an empty segment,
    // but QHttpServer would take what follows one at the front for the host.
    if (form.isEmpty() || form.contains("//"))
        return m_missing;
    m_found = nullptr;
    m_socket->feed("GET " + form + " HTTP/1.1\r\nHost: x\r\n\r\n");
    if (!m_found)
        return m_missing;
    m_known.insert(form, m_found);
    return *m_found;
}

void QtHttpBridge::handle(const HttpRequest &request, Answer answer)
{
    // Not QHttpServer's arguments: it decodes a path before it splits it.
    const QByteArrayList segments = request.segments();
    const Route &route = routeOf(segments);
    QByteArrayList arguments;
    for (const qsizetype placeholder : route.placeholders)
        arguments.append(segments[placeholder]);
    route.handler(request, std::move(arguments), std::move(answer));
}

} // namespace presence::http
