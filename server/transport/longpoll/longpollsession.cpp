// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/longpoll/longpollsession.h"

#include "server/transport/longpoll/longpollanswer.h"
#include "server/transport/websocket/utf8validator.h"

#include <QRandomGenerator>

#include <utility>

namespace presence::transport {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// As Phoenix has it.
static constexpr auto kWindow = 10s;
/// Messages of a body. phoenix.js before 1.8 posts all it has to say at once when it comes back.
static constexpr size_t kMaxBatch = 1'000;
/// For a new session to be used.
static constexpr auto kFirstUse = 5s;
/// Whether the client of a poll is still there is looked at so often.
static constexpr auto kPollCheck = 1s;

LongPollSession::LongPollSession(Context &context, QByteArray token,
                                 std::unique_ptr<WebSocketHandler> handler)
    : m_context(context), m_token(std::move(token)), m_handler(std::move(handler)),
      m_pollCheck([this] { checkPoll(); }), m_patience([this] { expired(); }),
      m_leave([this] { close(CloseCode::Draining); })
{
    m_context.counters.openLongPolls.add();
}

LongPollSession::~LongPollSession()
{
    setUnsent(m_context.unsent, 0);
    m_context.counters.openLongPolls.add(-1);
}

/// So that a client that vanishes while it polls is noticed in the time of a WebSocket.
std::chrono::milliseconds LongPollSession::window() const
{
    const auto silence = m_context.config.pingInterval + m_context.config.pingTimeout;
    return std::min<std::chrono::milliseconds>(kWindow, silence / 3);
}

void LongPollSession::start()
{
    m_context.wheel.arm(m_patience, kFirstUse);
    m_handler->opened(*this);
}

void LongPollSession::poll(const HttpRequest &request, Answer answer)
{
    if (m_poll) { // by one that it has given up
        m_rate.add(1);
        std::exchange(m_poll, nullptr)(longPollMessages(LongPollStatus::Empty, m_token, {}));
    }
    if (m_rate.charge(m_context.limiter, m_handler->payer()) > m_context.config.overloadPatience) {
        close(CloseCode::TooManyMessages);
        return answer(longPollStatus(LongPollStatus::Gone));
    }
    m_patience.cancel();
    m_poll = std::move(answer);
    m_hasPollerEnded = request.hasClientEnded;
    m_pollEnd = Clock::now() + window();
    m_context.wheel.arm(m_pollCheck, std::min<std::chrono::milliseconds>(kPollCheck, window()));
    if (!m_outbox.isEmpty())
        sendSoon();
}

void LongPollSession::checkPoll()
{
    if (!m_poll)
        return;
    // A client that ends a poll has given the session up: phoenix.js opens another one.
    if (m_hasPollerEnded && *m_hasPollerEnded)
        return close(CloseCode::Abnormal);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_pollEnd - Clock::now());
    if (left <= 0ms)
        return answerPoll();
    m_context.wheel.arm(m_pollCheck, std::min<std::chrono::milliseconds>(kPollCheck, left));
}

void LongPollSession::answerPoll()
{
    if (!m_poll)
        return;
    QByteArrayList messages;
    for (const QByteArray &frame : m_outbox.takeFrames())
        messages += payloadOf(frame).toByteArray();
    setUnsent(m_context.unsent, 0);
    m_pollCheck.cancel();
    const auto silence = m_context.config.pingInterval + m_context.config.pingTimeout;
    if (m_isOpen)
        m_context.wheel.arm(m_patience, silence - window());
    const auto status = !messages.isEmpty() ? LongPollStatus::Ok
        : m_isOpen                          ? LongPollStatus::Empty
                                            : LongPollStatus::Gone;
    const Answer answer = std::exchange(m_poll, nullptr);
    m_hasPollerEnded.reset();
    answer(longPollMessages(status, m_token, messages));
}

/// What is sent in a pass goes in one answer.
void LongPollSession::sendSoon()
{
    if (!m_poll || std::exchange(m_isSending, true))
        return;
    QMetaObject::invokeMethod(
        &m_passContext,
        [this] {
            m_isSending = false;
            answerPoll();
        },
        Qt::QueuedConnection);
}

void LongPollSession::expired()
{
    m_context.counters.vanishedPeers.add();
    close(CloseCode::Abnormal);
}

/// What is refused, or says nothing, costs a message as well.
void LongPollSession::publish(const HttpRequest &request, Answer answer)
{
    const auto messages = toMessages(request);
    const bool isMessage = messages && !messages->empty();
    m_rate.add(limits::messageCost(request.body.size()) - (isMessage ? 1 : 0));
    const auto status = messages ? LongPollStatus::Ok : LongPollStatus::Refused;
    for (const Message &message : messages.value_or(std::vector<Message>()))
        receive(message);
    const auto pause = m_rate.charge(m_context.limiter, m_handler->payer());
    if (pause.count() == 0)
        return answer(longPollStatus(status));
    m_context.counters.rateLimited.add();
    if (pause > m_context.config.overloadPatience) {
        close(CloseCode::TooManyMessages);
        return answer(longPollStatus(LongPollStatus::Gone));
    }
    // Who waits for the answer, as phoenix.js does, sends at the rate that is allowed.
    m_slowed.emplace(std::move(answer), status);
    QTimer::singleShot(pause, &m_passContext, [this] {
        const auto [slowed, itsStatus] = std::move(m_slowed.front());
        m_slowed.pop();
        slowed(longPollStatus(itsStatus));
    });
}

/// A message a line, or as older clients have it one that is the body. Nothing when one is too
/// large or no text: nobody could tell what is lost.
std::optional<std::vector<LongPollSession::Message>>
LongPollSession::toMessages(const HttpRequest &request) const
{
    std::vector<Message> messages;
    const auto add = [&](const QByteArray &bytes, bool isText) {
        Utf8Validator validator;
        if (bytes.size() > m_context.config.maxMessage || messages.size() == kMaxBatch
            || (isText && !(validator.feed(bytes) && validator.isComplete())))
            return false;
        messages.push_back({bytes, isText});
        return true;
    };
    const QByteArray type = request.headers.value("Content-Type").split(';').constFirst().trimmed();
    if (type.compare("application/x-ndjson", Qt::CaseInsensitive) != 0)
        return add(request.body, true) ? std::optional(messages) : std::nullopt;
    for (qsizetype begin = 0, end = 0; begin < request.body.size(); begin = end + 1) {
        end = request.body.indexOf('\n', begin);
        if (end < 0)
            end = request.body.size();
        QByteArrayView line = QByteArrayView(request.body).sliced(begin, end - begin);
        if (line.endsWith('\r'))
            line.chop(1);
        if (line.isEmpty())
            continue;
        const bool isText = line.startsWith('[') || line.startsWith('{');
        const auto binary = QByteArray::fromBase64Encoding(
            isText ? QByteArray() : line.toByteArray(), QByteArray::AbortOnBase64DecodingErrors);
        if (!binary || !add(isText ? line.toByteArray() : *binary, isText))
            return std::nullopt;
    }
    return messages;
}

void LongPollSession::receive(const Message &message)
{
    m_rate.add(1);
    m_context.counters.messagesIn.add();
    if (!m_isOpen)
        return;
    if (message.isText)
        m_handler->textMessage(message.bytes);
    else
        m_handler->binaryMessage(message.bytes);
}

void LongPollSession::send(const QByteArray &encodedFrame, quint64 subject)
{
    if (!m_isOpen)
        return;
    m_context.counters.framesOut.add();
    m_outbox.push(encodedFrame, subject);
    limitOutbox();
}

void LongPollSession::send(const QByteArray &begin, const QByteArray &rest, quint64 subject)
{
    if (!m_isOpen)
        return;
    m_context.counters.framesOut.add();
    m_outbox.push(begin, rest, subject);
    limitOutbox();
}

void LongPollSession::limitOutbox()
{
    const auto isFull = [this] {
        setUnsent(m_context.unsent, m_outbox.bytes());
        return m_outbox.bytes() > m_context.config.maxOutbox
            || isTooMuch(m_context.limiter.limits());
    };
    if (!isFull())
        return sendSoon();
    if (m_poll)
        return answerPoll();
    m_context.counters.supersededFrames.add(m_outbox.dropSuperseded());
    if (isFull())
        cutSlowConsumer();
}

bool LongPollSession::cutSlowConsumer()
{
    if (!m_isOpen)
        return false;
    m_context.counters.slowConsumers.add();
    m_outbox = {};
    setUnsent(m_context.unsent, 0);
    close(CloseCode::SlowConsumer);
    return true;
}

/// There is no close frame: the client learns it from the status of its poll.
void LongPollSession::close(CloseCode code, QByteArrayView)
{
    if (!std::exchange(m_isOpen, false))
        return;
    m_code = code;
    m_patience.cancel();
    m_leave.cancel();
    QMetaObject::invokeMethod(
        &m_passContext,
        [this] {
            answerPoll();
            m_context.closed(QByteArray(m_token)); // destroys this
        },
        Qt::QueuedConnection);
}

void LongPollSession::leaveWithin(std::chrono::milliseconds spread)
{
    const quint64 pause
        = QRandomGenerator::global()->generate64() % static_cast<quint64>(spread.count() + 1);
    m_context.wheel.arm(m_leave, std::chrono::milliseconds(pause));
}

void LongPollSession::ended()
{
    if (m_isOpen) { // together with its server
        m_isOpen = false;
        m_code = CloseCode::GoingAway;
        answerPoll();
    }
    for (; !m_slowed.empty(); m_slowed.pop())
        m_slowed.front().first(longPollStatus(LongPollStatus::Gone));
    m_context.counters.countClosed(m_code);
    m_handler->closed(m_code);
}

} // namespace presence::transport
