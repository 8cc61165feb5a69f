// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/requesthandler.h"

#include <QHash>
#include <QHttpServer>
#include <QSet>

#include <deque>

namespace presence::http {

class MemorySocket;

/// Has a QHttpServer find the route of each request. It never sees the network, nor the request:
/// of each form of path that has a route it is asked once, in a socket that exists in memory only,
/// and what it said is remembered.
///
/// A form is the path with what is no word of a route replaced, so there are few. The request,
/// which was checked, goes to the route, and its answer back, without QHttpServer: it looks at a
/// request byte by byte, which was a third of what a GET cost, and its responders are not safe to
/// keep in Qt 6.4 when the client may have gone.
///
/// Lives on the shard's thread.
class QtHttpBridge final : public transport::RequestHandler
{
public:
    QtHttpBridge();
    ~QtHttpBridge() override;

    /// The request is valid until the handler returns; the answer is to be called once, at once or
    /// later. With what stands for the placeholders, in order.
    using Handler
        = std::function<void(const transport::HttpRequest &, QByteArrayList arguments, Answer)>;
    /// A route for any method. `path` has QHttpServer's placeholders: <arg>, at most two.
    void add(const QString &path, Handler handler);
    /// For what no route is there.
    void setMissing(Handler handler) { m_missing.handler = std::move(handler); }
    /// As RequestHandler::wantsBody().
    void setBodyJudge(std::function<bool(const transport::HttpRequest &)> judge)
    {
        m_wantsBody = std::move(judge);
    }

    bool wantsBody(const transport::HttpRequest &head) override { return m_wantsBody(head); }
    void handle(const transport::HttpRequest &request, Answer answer) override;

private:
    class MemoryServer;

    struct Route
    {
        Handler handler;
        QList<qsizetype> placeholders; ///< segments of the path
    };
    const Route &routeOf(const QByteArrayList &segments);
    QByteArray formOf(const QByteArrayList &segments) const;

    std::function<bool(const transport::HttpRequest &)> m_wantsBody
        = [](const transport::HttpRequest &) { return true; };

    QHttpServer m_server;
    MemorySocket *m_socket; ///< owned by m_server's listener
    std::deque<Route> m_routes; ///< which stay where they are
    Route m_missing;
    QSet<QByteArray> m_words; ///< of the routes' paths
    QHash<QByteArray, const Route *> m_known; ///< by form
    const Route *m_found = nullptr; ///< by QHttpServer
};

} // namespace presence::http
