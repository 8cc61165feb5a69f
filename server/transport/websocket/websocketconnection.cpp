// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/websocket/websocketconnection.h"

#include <QRandomGenerator>

#include "server/transport/transportcontext.h"

#include <utility>

namespace presence::transport {

using Kind = FrameEvent::Kind;
using Clock = std::chrono::steady_clock;

/// There are tens of thousands: no more than fits what the allocator gives for it.
static_assert(sizeof(WebSocketConnection) <= 224);

/// Of a peer that has little left of its rate, not much more than that is read at once: what is
/// read is answered, and owed.
static constexpr size_t kSmallMessage = 40; // bytes
static constexpr size_t kLeastRead = 4 * 1024;

WebSocketConnection::WebSocketConnection(TransportContext &context, TcpStream stream,
                                         limits::AccountPtr address,
                                         std::unique_ptr<WebSocketHandler> handler)
    : Connection(std::move(stream), std::move(address)), m_context(context),
      m_handler(std::move(handler)), m_keepAlive([this] { keepAlive(); })
{
    m_context.counters.openWebSockets.add();
}

WebSocketConnection::~WebSocketConnection()
{
    setUnsent(m_context.unsent, 0);
    m_context.flushQueue.remove(*this);
    m_context.counters.openWebSockets.add(-1);
}

void WebSocketConnection::start(const QByteArray &response, QByteArray received)
{
    m_stream.use(*this);
    m_context.wheel.arm(m_keepAlive, m_context.config.pingInterval);
    queue(response);
    m_handler->opened(*this);
    if (received.isEmpty())
        return;
    consume({received.data(), static_cast<size_t>(received.size())});
    pace();
}

void WebSocketConnection::send(const QByteArray &encodedFrame, quint64 subject)
{
    if (m_state != State::Open)
        return;
    m_context.counters.framesOut.add();
    queue(encodedFrame, subject);
    limitOutbox();
}

void WebSocketConnection::send(const QByteArray &begin, const QByteArray &rest, quint64 subject)
{
    if (m_state != State::Open)
        return;
    m_context.counters.framesOut.add();
    m_outbox.push(begin, rest, subject);
    m_context.flushQueue.add(*this);
    limitOutbox();
}

void WebSocketConnection::limitOutbox()
{
    const qsizetype most = m_context.config.maxOutbox;
    if (m_outbox.bytes() <= most)
        return;
    flush();
    if (m_state == State::Open && m_outbox.bytes() > most)
        m_context.counters.supersededFrames.add(m_outbox.dropSuperseded());
    if (m_state == State::Open && m_outbox.bytes() > most)
        cutSlowConsumer();
}

/// What the kernel did not take counts among all that the user does not read.
void WebSocketConnection::limitUser()
{
    setUnsent(m_context.unsent, unsentBytes());
    limits::Limiter &limiter = m_context.limiter;
    if (m_state != State::Open || !isTooMuch(limiter.limits()))
        return;
    m_context.counters.supersededFrames.add(m_outbox.dropSuperseded());
    setUnsent(m_context.unsent, unsentBytes());
    if (!isTooMuch(limiter.limits()))
        return;
    (void)limiter.refuse(limits::Limit::UserUnsent, *m_handler->payer().account(), {});
    cutSlowConsumer();
}

void WebSocketConnection::goAway(CloseCode code)
{
    QByteArray reason = protocol::reasonFor(code).toString().toLatin1();
    if (code == CloseCode::Draining) { // not all back at once: other nodes have clients to serve
        const quint64 spread = m_context.config.returnSpread.count() + 1;
        const quint64 pause = QRandomGenerator::global()->generate64() % spread;
        reason += " retry_after_ms=" + QByteArray::number(pause);
    }
    close(code, reason);
}

void WebSocketConnection::ended()
{
    // One that is open still is destroyed together with its server.
    finish(CloseCode::GoingAway);
    m_context.counters.countClosed(m_code);
    m_handler->closed(m_code);
}

void WebSocketConnection::readable()
{
    const std::span<char> buffer = m_context.readBuffer;
    const size_t most = std::max(kLeastRead, m_rate.left(m_context.limiter) * kSmallMessage);
    const TcpStream::ReadResult result = m_stream.read(buffer.first(std::min(most, buffer.size())));
    switch (result.status) {
    case TcpStream::ReadStatus::Nothing:
        return;
    case TcpStream::ReadStatus::Ended:
        // It may read still, and wait for what was answered a moment ago.
        if (m_outbox.bytes() > 0)
            flush();
        return finish(m_code);
    case TcpStream::ReadStatus::Broken:
    case TcpStream::ReadStatus::NoTls:
        return finish(m_code);
    case TcpStream::ReadStatus::Data:
        break;
    }
    m_context.counters.bytesIn.add(static_cast<qint64>(result.bytes.size()));
    m_heard = true;
    consume(result.bytes);
    const auto bytes = static_cast<double>(result.bytes.size());
    m_rate.add(bytes / limits::Limits::kMessageBytes);
    pace();
    throttleReading(); // the answers may wait for a while before they are written
}

void WebSocketConnection::consume(std::span<char> bytes)
{
    FrameReader reader
        = m_unfinished ? std::move(m_unfinished->reader) : FrameReader(m_context.config.maxMessage);
    bool isEventToCome = true;
    while (isEventToCome && (m_state == State::Open || m_state == State::Closing))
        isEventToCome = take(reader.next(bytes));
    m_rate.add(double(reader.takeContinuations()) / limits::Limits::kMessageFrames);
    keepUnfinished(std::move(reader));
}

void WebSocketConnection::keepUnfinished(FrameReader reader)
{
    if (!reader.isMidMessage())
        return m_unfinished.reset();
    if (m_unfinished)
        m_unfinished->reader = std::move(reader);
    else
        m_unfinished.reset(new Unfinished{std::move(reader), eventloop::Deadline([this] {
                                              close(CloseCode::PolicyViolation, "message too slow");
                                          })});
    watchMessage();
}

/// False when there is no event to come.
bool WebSocketConnection::take(const FrameEvent &event)
{
    switch (event.kind) {
    case Kind::NeedMore:
        return false;
    case Kind::Text:
    case Kind::Binary:
        return takeMessage(event);
    case Kind::Ping:
        m_rate.add(1);
        answerPing(event.payload);
        return true;
    case Kind::Pong:
        m_rate.add(1);
        return true;
    case Kind::Close:
        peerClosed(event.code);
        return false;
    case Kind::Fault:
        m_context.counters.protocolErrors.add();
        fault(event.code);
        return false;
    }
    return false;
}

bool WebSocketConnection::takeMessage(const FrameEvent &event)
{
    unwatchMessage();
    if (m_state != State::Open)
        return true;
    m_rate.add(1);
    m_context.counters.messagesIn.add();
    if (event.kind == Kind::Text)
        m_handler->textMessage(event.payload);
    else
        m_handler->binaryMessage(event.payload);
    return true;
}

/// What has been read is answered; more is read when the rate allows it.
void WebSocketConnection::pace()
{
    const auto owed = m_rate.charge(m_context.limiter, m_handler->payer());
    if (m_state != State::Open || owed.count() == 0)
        return m_overload.reset();
    const auto now = Clock::now();
    if (!m_overload) {
        m_context.counters.rateLimited.add();
        m_overload.reset(new Overload{now, eventloop::Deadline([this] { resume(); })});
    }
    unwatchMessage(); // it is not the peer's time
    wait(owed);
}

/// No longer than there is patience, however much is owed.
void WebSocketConnection::wait(std::chrono::milliseconds owed)
{
    const std::chrono::milliseconds patience = m_context.config.overloadPatience;
    if (Clock::now() - m_overload->since > patience)
        return fault(CloseCode::TooManyMessages);
    m_context.wheel.arm(m_overload->resume, std::min(owed, patience));
}

void WebSocketConnection::resume()
{
    // Others of the user, or of its address, may have sent more.
    if (const auto owed = m_rate.charge(m_context.limiter, m_handler->payer()); owed.count() > 0)
        return wait(owed);
    m_heard = true; // as far as it was listened to
    watchMessage();
    throttleReading();
}

/// In order with the messages. Only the latest ping is answered of a peer that does not read, so
/// that pongs cannot fill the memory.
void WebSocketConnection::answerPing(QByteArrayView payload)
{
    if (m_state != State::Open)
        return;
    const QByteArray pong = encodeFrame(Opcode::Pong, payload);
    if (m_stream.isWatchingWriting())
        m_pong = std::make_unique<QByteArray>(pong);
    else
        queue(pong);
}

void WebSocketConnection::peerClosed(CloseCode code)
{
    m_peerHasClosed = true;
    if (m_state == State::Open)
        startClosing(code, {}, State::Lingering);
    if (m_state == State::Finished)
        return;
    m_state = State::Lingering;
    flush();
}

/// Closes without waiting for the peer's close frame, which nobody could tell from the rest.
void WebSocketConnection::fault(CloseCode code)
{
    if (m_state == State::Open)
        startClosing(code, QByteArrayView(protocol::reasonFor(code)), State::Lingering);
    if (m_state == State::Finished)
        return;
    m_state = State::Lingering;
    m_context.flushQueue.add(*this);
}

void WebSocketConnection::startClosing(CloseCode code, QByteArrayView reason, State state)
{
    m_code = code;
    m_state = state;
    unwatchMessage();
    m_overload.reset();
    m_stream.watchReading(true);
    m_context.wheel.arm(m_keepAlive, m_context.config.closeDeadline);
    queue(encodeClose(code, reason)); // may be all there was to wait for
}

/// The peer gets to see why only if it begins to read again within the close deadline.
bool WebSocketConnection::cutSlowConsumer()
{
    if (m_state != State::Open)
        return false;
    m_context.counters.slowConsumers.add();
    m_outbox.dropUnbegun();
    setUnsent(m_context.unsent, unsentBytes());
    fault(CloseCode::SlowConsumer);
    return true;
}

void WebSocketConnection::queue(const QByteArray &frame, quint64 subject)
{
    m_outbox.push(frame, subject);
    m_context.flushQueue.add(*this);
}

void WebSocketConnection::flush()
{
    if (m_state == State::Finished)
        return;
    const auto [status, sent] = m_stream.write(m_outbox);
    m_context.counters.bytesOut.add(sent);
    if (status == TcpStream::WriteStatus::Broken)
        return finish(m_code);
    if (sent > 0)
        m_isStalled = false;
    m_stream.watchWriting(status == TcpStream::WriteStatus::Blocked);
    limitUser();
    throttleReading();
    if (status == TcpStream::WriteStatus::Done)
        flushed();
}

void WebSocketConnection::flushed()
{
    if (const auto pong = std::move(m_pong); pong && m_state == State::Open)
        queue(*pong);
    if (m_state != State::Lingering)
        return;
    if (m_peerHasClosed)
        return finish(m_code);
    m_stream.shutdownWriting();
}

/// A peer that does not take the answers, or asks too fast, is not asked for more questions.
void WebSocketConnection::throttleReading()
{
    if (m_state != State::Open)
        return;
    const qsizetype highWater = m_context.config.outboxHighWater;
    if (m_outbox.bytes() > highWater || isPaused())
        m_stream.watchReading(false);
    else if (m_outbox.bytes() <= highWater / 2)
        m_stream.watchReading(true);
}

void WebSocketConnection::watchMessage()
{
    if (m_state == State::Open && m_unfinished && !m_unfinished->deadline.isArmed())
        m_context.wheel.arm(m_unfinished->deadline, m_context.config.messageDeadline);
}

void WebSocketConnection::unwatchMessage()
{
    if (m_unfinished)
        m_unfinished->deadline.cancel();
}

/// Two beats a ping: one that sends it, one that expects a sign of life since.
void WebSocketConnection::keepAlive()
{
    if (m_state != State::Open)
        return finish(m_code);
    const TransportConfig &config = m_context.config;
    const bool isThrottled = m_outbox.bytes() > config.outboxHighWater / 2 || isPaused();
    if (m_isStalled && !m_awaitsPong) {
        m_context.counters.slowConsumers.add();
        return finish(CloseCode::SlowConsumer);
    }
    if (m_awaitsPong && !m_heard && !isThrottled) {
        m_context.counters.vanishedPeers.add();
        return finish(CloseCode::Abnormal);
    }
    m_isStalled = m_isStalled || unsentBytes() > 0;
    m_awaitsPong = !m_awaitsPong;
    m_heard = false;
    if (m_awaitsPong)
        queue(encodeFrame(Opcode::Ping, {}));
    if (m_state == State::Finished)
        return;
    m_context.wheel.arm(
        m_keepAlive, m_awaitsPong ? config.pingTimeout : config.pingInterval - config.pingTimeout);
}

void WebSocketConnection::finish(CloseCode code)
{
    if (m_state == State::Finished)
        return;
    m_state = State::Finished;
    m_code = code;
    m_keepAlive.cancel();
    unwatchMessage();
    m_stream.close();
    setUnsent(m_context.unsent, 0);
    m_context.connections.retire(*this);
}

} // namespace presence::transport
