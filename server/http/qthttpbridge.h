// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/requesthandler.h"

#include "server/eventloop/deadlinewheel.h"

#include <QHttpServer>

#include <memory>
#include <vector>

namespace presence::http {

/// Hands requests to a QHttpServer, which never sees the network: each lies whole and checked in a
/// socket that exists in memory only, and is alone in it.
///
/// Lives on the shard's thread. A route may answer at once or later, by the QHttpServerResponder it
/// was given; that stays usable for as long as the bridge exists, whatever became of the client.
/// Not with QFuture, which is broken in Qt 6.4.
class QtHttpBridge final : public transport::RequestHandler
{
public:
    struct Config
    {
        /// For a route to answer; the client then gets 504, and what is written later is dropped.
        std::chrono::milliseconds answerDeadline = std::chrono::seconds(25);
        /// Requests in work at once; the client of one more gets 503 with Retry-After.
        int maxConcurrent = 1024;
    };

    QtHttpBridge(eventloop::DeadlineWheel &wheel, const Config &config);
    explicit QtHttpBridge(eventloop::DeadlineWheel &wheel) : QtHttpBridge(wheel, Config()) { }
    ~QtHttpBridge() override;

    /// For adding routes.
    QHttpServer &server() { return m_server; }

    void handle(const transport::HttpRequest &request, Answer answer) override;

    /// The address of the client. QHttpServerRequest::remoteAddress() does not know it.
    static QHostAddress peerOf(const QHttpServerRequest &request);

    /// Sockets there are, and those of them that wait for a request.
    int laneCount() const { return static_cast<int>(m_lanes.size()); }
    int idleLaneCount() const { return static_cast<int>(m_idle.size()); }

private:
    class MemoryServer;
    class Lane;

    Lane *idleLane();

    eventloop::DeadlineWheel &m_wheel;
    const Config m_config;
    QHttpServer m_server;
    MemoryServer *m_listener; ///< owned by m_server
    std::vector<std::unique_ptr<Lane>> m_lanes;
    std::vector<Lane *> m_idle;
};

/// Answers a request in one go. It does not look at `body` to guess what it is, as the classes of
/// QHttpServer do. `extra` are further header fields.
void answer(QHttpServerResponder &&responder, int status, const QByteArray &body = {},
            const QByteArray &contentType = {},
            const QList<transport::HttpHeaders::Field> &extra = {});

/// Answers with transport::problem() or any other ready response.
void answer(QHttpServerResponder &&responder, const transport::HttpResponse &response);

} // namespace presence::http
