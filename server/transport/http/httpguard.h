// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/connectiontable.h"
#include "server/transport/http/clientaddress.h"
#include "server/transport/http/requestparser.h"
#include "server/transport/idleconnections.h"
#include "server/transport/websocket/outbox.h"
#include "server/transport/websocket/upgradehandler.h"

#include "server/eventloop/deadline.h"
#include "shared/core/error.h"

namespace presence::transport {

struct TransportContext;

/// An accepted connection while it speaks HTTP: checks, bounds and orders what strangers send, so
/// that handlers see whole, valid requests only, one at a time.
///
/// Owned by the ConnectionTable, on the shard's thread. Answers faults itself as problem+json and
/// closes. Ends when it closes, or when the request is a WebSocket hand-shake that is accepted:
/// then the stream goes on in a WebSocketConnection.
class HttpGuard final : public Connection, private IdleConnections::Member
{
public:
    HttpGuard(TransportContext &context, TcpStream stream, const QHostAddress &peer,
              limits::AccountPtr address);
    ~HttpGuard() override;

    /// To be called once, when the table has it.
    void start();

    void goAway(protocol::CloseCode code) override;
    void ended() override { }

private:
    enum class State : quint8 {
        Reading, ///< a request, or waiting for one
        Handling, ///< the handler has the request
        Sending, ///< the answer
        Pausing, ///< after one that said that it is too much
        Lingering, ///< our side is closed, the client shall see why
        Finished,
    };

    void readable() override;
    void writable() override;
    void makeRoom() override { finish(); }

    void advance();
    void advanceOnce();
    void peerEnded();
    void judgeBody(const HttpRequest &head);
    void dispatch(HttpRequest request);
    void refuseForMemory();
    void advanceLater();
    void pause();
    void goOn();
    void refuse(const Error &error);
    void read();
    void handle(HttpRequest &request);
    void upgrade(const HttpRequest &request);
    void accept(const HttpRequest &request, UpgradeAcceptance acceptance);
    void respond(const HttpResponse &response);
    void refuse(int status, const QString &detail,
                HttpResponse::PaidBy paidBy = HttpResponse::PaidBy::Stranger);
    void sendContinue();
    void flush();
    void sent();
    void linger();
    void expired();
    void finish();
    void arm(std::chrono::milliseconds delay);

    TransportContext &m_context;
    RequestParser m_parser;
    QByteArray m_input; ///< received, not yet parsed
    Outbox m_output;
    eventloop::Deadline m_deadline;
    /// What an answer finds its way back by; replaced with each request, gone once answered.
    std::shared_ptr<HttpGuard *> m_awaited;
    std::shared_ptr<HttpGuard *> m_later; ///< what a queued advance() finds its way back by
    std::shared_ptr<std::atomic<bool>> m_hasClientEnded; ///< of the request in work
    ClientAddress m_client;
    qsizetype m_discarded = 0; ///< bytes that came while lingering
    State m_state = State::Reading;
    bool m_isAdvancing = false;
    bool m_isTimed = false; ///< the deadline of the request has begun
    QByteArray m_requestId; ///< of the request in work
    bool m_isHead = false;
    bool m_keepAlive = true;
    bool m_isNew = true; ///< no request was handled yet
    bool m_isSlowed = false; ///< the answer says that it is too much
    bool m_peerEnded = false;
};

} // namespace presence::transport
