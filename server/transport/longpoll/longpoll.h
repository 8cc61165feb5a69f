// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/longpoll/longpollsession.h"
#include "server/transport/longpoll/longpollshards.h"
#include "server/transport/websocket/upgradehandler.h"

namespace presence::transport {

/// Phoenix.Transports.LongPoll at one path, for clients that get no WebSocket through; other
/// requests go to another handler.
///
/// A GET without a session token opens a session, with one it polls; a POST publishes. The token
/// names the node and the shard that have the session: another shard passes the request on, another
/// node answers that it is gone, upon which the client begins anew. Lives on the shard's thread.
class LongPoll final : public RequestHandler
{
public:
    static constexpr char kPath[] = "/socket/longpoll";

    struct Place
    {
        QByteArray node; ///< without dots
        size_t shard = 0;
        LongPollShards &shards;
    };
    /// Decides who may open a session: the answer refuses.
    using Admission = std::function<UpgradeDecision(const HttpRequest &)>;

    LongPoll(const TransportConfig &config, Admission admission, RequestHandler &next,
             eventloop::DeadlineWheel &wheel, limits::Limiter &limiter, Place place);
    /// Each WebSocketHandler is told closed(GoingAway).
    ~LongPoll() override;

    static bool isAt(const HttpRequest &request);

    /// Of a session of this process only.
    bool wantsBody(const HttpRequest &head) override;
    bool isOfSession(const HttpRequest &request) override;
    void handle(const HttpRequest &request, Answer answer) override;

    /// Refuses new sessions and closes the open ones with Draining, spread over
    /// TransportConfig::drainSpread.
    void drain();

    /// See UnsentShare::List.
    void cutLargestOutboxes() { m_unsent.cutLargest(); }

    size_t sessionCount() const { return m_sessions.size(); }

    /// May be read from any thread, for as long as this exists.
    const TransportCounters &counters() const { return m_counters; }

private:
    void open(const HttpRequest &request, const Answer &answer);
    void relay(size_t shard, const HttpRequest &request, const QByteArray &token,
               const Answer &answer);
    void resume(const HttpRequest &request, const QByteArray &token, const Answer &answer);
    std::optional<size_t> shardOf(const QByteArray &token) const;
    QByteArray makeToken() const;
    void close(const QByteArray &token);

    const TransportConfig m_config;
    Admission m_admission;
    RequestHandler &m_next;
    Place m_place;
    TransportCounters m_counters;
    limits::Limiter &m_limiter;
    UnsentShare::List m_unsent;
    LongPollSession::Context m_context;
    std::unordered_map<QByteArray, std::unique_ptr<LongPollSession>> m_sessions; ///< by token
    bool m_isDraining = false;
};

} // namespace presence::transport
