// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/http/qthttpbridge.h"

#include "server/http/memorysocket.h"

#include <QTcpServer>

#include <algorithm>
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

void QtHttpBridge::setMissingHandler(std::function<void()> handler)
{
    const auto call
        = [handler = std::move(handler)](const QHttpServerRequest &, Responder) { handler(); };
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    m_server.setMissingHandler(&m_server, call);
#else
    m_server.setMissingHandler(call);
#endif
}

QtHttpBridge::Call QtHttpBridge::take()
{
    Q_ASSERT(m_request);
    return {*std::exchange(m_request, nullptr), std::exchange(m_answer, nullptr)};
}

/// The path as QHttpServer may decode it without taking anything apart: a segment that could mean
/// more than itself is replaced. The routes have their arguments from the request.
static QByteArray routable(const HttpRequest &request)
{
    const auto isPlain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || c == '-' || c == '_';
    };
    QByteArray path;
    for (const QByteArray &segment : request.segments())
        path += '/' + (std::ranges::all_of(segment, isPlain) ? segment : "*"_ba);
    return path;
}

void QtHttpBridge::handle(const HttpRequest &request, Answer answer)
{
    m_request = &request;
    m_answer = std::move(answer);
    m_socket->feed(request.method + ' ' + routable(request) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    // The missing handler takes what no route does.
    Q_ASSERT(!m_request);
}

} // namespace presence::http
