// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/clienttransport.h"
#include "server/transport/connectiontable.h"
#include "server/transport/messagerate.h"
#include "server/transport/unsent.h"
#include "server/transport/websocket/framereader.h"
#include "server/transport/websocket/outbox.h"
#include "server/transport/websocket/websockethandler.h"

#include "server/eventloop/deadline.h"

namespace presence::transport {

struct TransportContext;

/// An open WebSocket on its own descriptor.
///
/// Owned by the ConnectionTable, and owns its handler; both on the shard's thread. Everything a
/// peer can do wrong ends in one call of WebSocketHandler::closed(): what it sends too large, too
/// slowly or against the protocol, what it does not read, and that it is gone. One that sends too
/// fast is read slowly first.
class WebSocketConnection final : public Connection, public ClientTransport, private UnsentShare
{
public:
    using CloseCode = protocol::CloseCode;

    WebSocketConnection(TransportContext &context, TcpStream stream, limits::AccountPtr address,
                        std::unique_ptr<WebSocketHandler> handler);
    ~WebSocketConnection() override;

    /// To be called once, when the table has it. `response` goes out before any frame; `received`
    /// is what the client sent after its hand-shake.
    void start(const QByteArray &response, QByteArray received);

    /// Leaves at the end of the loop pass.
    void send(const QByteArray &encodedFrame, quint64 subject = 0) override;
    void send(const QByteArray &begin, const QByteArray &rest, quint64 subject) override;

    /// Starts the closing hand-shake.
    void close(CloseCode code, QByteArrayView reason = {}) override
    {
        if (m_state == State::Open)
            startClosing(code, reason, State::Closing);
    }
    /// Ends the connection now, without a close frame; closed() says Abnormal.
    void abort() { finish(CloseCode::Abnormal); }

    bool isOpen() const override { return m_state == State::Open; }
    qsizetype unsentBytes() const { return m_outbox.bytes() + m_stream.unwritten(); }

    void goAway(CloseCode code) override;
    void ended() override;

private:
    friend class FlushQueue;

    enum class State : quint8 {
        Open,
        Closing, ///< our close frame is queued, the peer's is awaited
        Lingering, ///< as soon as everything is written, our side ends
        Finished,
    };

    void readable() override;
    void writable() override { flush(); }

    void consume(std::span<char> bytes);
    bool take(const FrameEvent &event);
    bool takeMessage(const FrameEvent &event);
    void pace();
    void wait(std::chrono::milliseconds owed);
    void resume();
    void answerPing(QByteArrayView payload);
    void peerClosed(CloseCode code);
    void fault(CloseCode code);
    void startClosing(CloseCode code, QByteArrayView reason, State state);
    limits::Account *account() const override { return m_handler->payer().account(); }
    qsizetype unsharedBytes() const override
    {
        return m_outbox.unsharedBytes() + m_stream.unwritten();
    }
    bool cutSlowConsumer() override;
    void limitOutbox();
    void limitUser();

    void queue(const QByteArray &frame, quint64 subject = 0);
    void flush();
    void flushed();
    void throttleReading();

    void keepUnfinished(FrameReader reader);
    void watchMessage();
    void unwatchMessage();
    void keepAlive();
    void finish(CloseCode code);

    /// A message has begun and is not whole.
    struct Unfinished
    {
        FrameReader reader;
        eventloop::Deadline deadline;
    };

    /// The peer has sent more than its rate allows.
    struct Overload
    {
        std::chrono::steady_clock::time_point since;
        eventloop::Deadline resume; ///< nothing is read until then
    };
    bool isPaused() const { return m_overload && m_overload->resume.isArmed(); }

    TransportContext &m_context;
    std::unique_ptr<WebSocketHandler> m_handler;
    // Of many connections most are at rest: what they do not need then is behind pointers.
    std::unique_ptr<Unfinished> m_unfinished; ///< null between messages
    std::unique_ptr<Overload> m_overload;
    std::unique_ptr<QByteArray> m_pong; ///< the latest ping's, while the outbox is blocked
    Outbox m_outbox;
    MessageRate m_rate;
    eventloop::Deadline m_keepAlive; ///< pings; once closing, the end of patience
    int m_flushSlot = -1; ///< in the FlushQueue
    quint32 m_flushedPass = 0; ///< of the FlushQueue, in which it was written last
    CloseCode m_code = CloseCode::Abnormal; ///< why it closes, once it does
    State m_state = State::Open;
    bool m_peerHasClosed : 1 = false; ///< its close frame has come
    bool m_awaitsPong : 1 = false; ///< a ping is out since the last beat
    bool m_heard : 1 = false; ///< a sign of life since the last beat
    bool m_isStalled : 1 = false; ///< nothing was written since the last beat, and something waits
};

} // namespace presence::transport
