// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/requesthandler.h"

#include <QHttpServer>
#include <QHttpServerResponder>

namespace presence::http {

class MemorySocket;

/// What a route is called with, and leaves alone.
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
using Responder = QHttpServerResponder &;
#else
using Responder = QHttpServerResponder &&;
#endif

/// Has a QHttpServer find the route of each request. It never sees the network: of each request it
/// gets the method and the path, in a socket that exists in memory only.
///
/// The request itself, which was checked, is what a route works with: take(). Its answer does not
/// go through QHttpServer either, whose responders are not safe to keep in Qt 6.4 when the client
/// may have gone, and which looks at a request byte by byte: with all of its header fields that
/// was half of what a GET cost.
///
/// Lives on the shard's thread.
class QtHttpBridge final : public transport::RequestHandler
{
public:
    QtHttpBridge();
    ~QtHttpBridge() override;

    /// For adding routes. They write nothing to their responder.
    QHttpServer &server() { return m_server; }
    /// For what no route is there.
    void setMissingHandler(std::function<void()> handler);
    /// As RequestHandler::wantsBody().
    void setBodyJudge(std::function<bool(const transport::HttpRequest &)> judge)
    {
        m_wantsBody = std::move(judge);
    }

    /// What a route was called for.
    struct Call
    {
        const transport::HttpRequest &request; ///< until the route returns
        Answer answer; ///< to be called once, at once or later
    };
    /// In a route, once.
    Call take();

    bool wantsBody(const transport::HttpRequest &head) override { return m_wantsBody(head); }
    void handle(const transport::HttpRequest &request, Answer answer) override;

private:
    class MemoryServer;

    std::function<bool(const transport::HttpRequest &)> m_wantsBody
        = [](const transport::HttpRequest &) { return true; };

    QHttpServer m_server;
    MemorySocket *m_socket; ///< owned by m_server's listener
    const transport::HttpRequest *m_request = nullptr;
    Answer m_answer;
};

} // namespace presence::http
