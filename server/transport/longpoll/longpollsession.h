// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/http/requesthandler.h"
#include "server/transport/longpoll/longpollanswer.h"
#include "server/transport/messagerate.h"
#include "server/transport/transportconfig.h"
#include "server/transport/transportcounters.h"
#include "server/transport/unsent.h"
#include "server/transport/websocket/outbox.h"
#include "server/transport/websocket/websockethandler.h"

#include "server/eventloop/deadlinewheel.h"
#include "server/limits/limiter.h"

#include <queue>

namespace presence::transport {

/// A client that has no WebSocket: it fetches what there is for it, waiting for it a while, and
/// posts what it has to say.
///
/// Owned by its LongPoll and owns its handler; on the shard's thread. It lives as long as somebody
/// polls: who has stopped is closed at the latest when a WebSocket would be that does not answer.
/// What it may send, how fast, and how much waits for it is limited as with a WebSocket.
class LongPollSession final : public ClientTransport, private UnsentShare
{
public:
    using Answer = RequestHandler::Answer;

    struct Context
    {
        const TransportConfig &config;
        eventloop::DeadlineWheel &wheel;
        TransportCounters &counters;
        limits::Limiter &limiter;
        UnsentShare::List &unsent;
        /// Called soon after a session has closed, once; destroys it.
        std::function<void(const QByteArray &token)> closed;
    };

    LongPollSession(Context &context, QByteArray token, std::unique_ptr<WebSocketHandler> handler);
    ~LongPollSession();
    Q_DISABLE_COPY_MOVE(LongPollSession)

    void start(); ///< to be called once

    /// Answers with what there is to say, at the latest when the window is over.
    void poll(const HttpRequest &request, Answer answer);
    /// Takes the messages of the body. Answered later when they are more than the rate allows.
    void publish(const HttpRequest &request, Answer answer);

    void send(const QByteArray &encodedFrame, quint64 subject = 0) override;
    void send(const QByteArray &begin, const QByteArray &rest, quint64 subject) override;
    void close(CloseCode code, QByteArrayView reason = {}) override;
    bool isOpen() const override { return m_isOpen; }

    /// Closes it as Draining within `spread`.
    void leaveWithin(std::chrono::milliseconds spread);
    /// Tells the handler, before it is destroyed.
    void ended();

private:
    struct Message
    {
        QByteArray bytes;
        bool isText = true;
    };
    std::optional<std::vector<Message>> toMessages(const HttpRequest &request) const;
    void receive(const Message &message);
    void limitOutbox();
    limits::Account *account() const override { return m_handler->payer().account(); }
    qsizetype unsharedBytes() const override { return m_outbox.unsharedBytes(); }
    bool cutSlowConsumer() override;
    void sendSoon();
    void answerPoll();
    void checkPoll();
    void expired();
    std::chrono::milliseconds window() const;

    Context &m_context;
    QByteArray m_token;
    std::unique_ptr<WebSocketHandler> m_handler;
    Outbox m_outbox;
    MessageRate m_rate;
    std::queue<std::pair<Answer, LongPollStatus>>
        m_slowed; ///< to what was posted faster than is allowed
    Answer m_poll; ///< empty while nobody polls
    std::shared_ptr<const std::atomic<bool>> m_hasPollerEnded;
    std::chrono::steady_clock::time_point m_pollEnd;
    eventloop::Deadline m_pollCheck;
    eventloop::Deadline m_patience; ///< with one that does not poll
    eventloop::Deadline m_leave;
    QObject m_passContext; ///< what queued calls are bound to
    CloseCode m_code = CloseCode::Abnormal;
    bool m_isOpen = true;
    bool m_isSending = false; ///< the poll is answered in the next pass
};

} // namespace presence::transport
