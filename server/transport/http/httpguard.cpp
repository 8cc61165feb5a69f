// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/transport/http/httpguard.h"

#include "server/transport/transportcontext.h"
#include "server/transport/websocket/framewriter.h"
#include "server/transport/websocket/websocketconnection.h"
#include "server/transport/websocket/websockethandshake.h"

#include "shared/protocol/limits.h"

#include <QRandomGenerator>

#include <algorithm>
#include <cctype>
#include <utility>

namespace presence::transport {

using namespace Qt::StringLiterals;

/// What is read ahead of the request in work, and thrown away after the last answer.
static constexpr qsizetype kMaxReadAhead = limits::kMaxRequestHead;
static constexpr qsizetype kMaxDiscarded = 256 * 1024;
/// Of those that have come already, in one pass of the event loop.
static constexpr int kRequestsAtOnce = 4;
/// Who goes on all the same is not listened to for so long: to refuse costs something, too.
static constexpr auto kPause = std::chrono::seconds(1);
static constexpr int kTooManyRequests = 429;

HttpGuard::HttpGuard(TransportContext &context, TcpStream stream, const QHostAddress &peer,
                     limits::AccountPtr address)
    : Connection(std::move(stream), std::move(address)), m_context(context),
      m_deadline([this] { expired(); }), m_client(context.limiter, peer, m_address)
{
    m_context.counters.openHttp.add();
}

HttpGuard::~HttpGuard()
{
    m_context.counters.openHttp.add(-1);
    if (m_context.tls && m_isNew && m_address)
        m_context.limiter.chargeHandshake(*m_address);
}

void HttpGuard::start()
{
    m_stream.use(*this);
    m_context.idle.add(*this);
    m_isTimed = true;
    arm(m_context.config.requestDeadline);
}

void HttpGuard::read()
{
    m_client.forget();
    m_state = State::Reading;
    m_context.idle.add(*this);
}

void HttpGuard::goAway(protocol::CloseCode)
{
    m_keepAlive = false;
    if (m_state == State::Pausing)
        finish();
    else if (m_state == State::Reading && m_parser.isIdle())
        linger();
}

void HttpGuard::readable()
{
    const TcpStream::ReadResult result = m_stream.read(m_context.readBuffer);
    switch (result.status) {
    case TcpStream::ReadStatus::Nothing:
        return;
    case TcpStream::ReadStatus::Ended:
        return peerEnded();
    case TcpStream::ReadStatus::NoTls:
        m_context.counters.failedHandshakes.add();
        return finish();
    case TcpStream::ReadStatus::Broken:
        return finish();
    case TcpStream::ReadStatus::Data:
        break;
    }
    const auto size = static_cast<qsizetype>(result.bytes.size());
    m_context.counters.bytesIn.add(size);
    if (m_state == State::Lingering) {
        m_discarded += size;
        if (m_discarded > kMaxDiscarded)
            finish();
        return;
    }
    m_input.append(result.bytes.data(), size);
    advance();
}

/// The client may have closed its side only, and still wait for the answer.
void HttpGuard::peerEnded()
{
    m_peerEnded = true;
    m_keepAlive = false;
    if (m_hasClientEnded)
        *m_hasClientEnded = true;
    m_stream.watchReading(false);
    if (m_state == State::Reading || m_state == State::Lingering)
        finish();
}

void HttpGuard::advance()
{
    if (m_isAdvancing)
        return;
    m_isAdvancing = true;
    for (int i = 0; i < kRequestsAtOnce && m_state == State::Reading && !m_input.isEmpty(); ++i)
        advanceOnce();
    m_isAdvancing = false;
    if (m_state == State::Reading && !m_input.isEmpty())
        return advanceLater();
    if (m_state == State::Finished || m_peerEnded)
        return;
    if (m_state == State::Reading)
        m_input = {};
    m_stream.watchReading(m_state != State::Pausing && m_input.size() <= kMaxReadAhead);
}

/// Others come first: one that sends a thousand requests at once has them answered in turn.
void HttpGuard::advanceLater()
{
    m_stream.watchReading(false);
    m_later = std::make_shared<HttpGuard *>(this);
    QMetaObject::invokeMethod(
        &m_context.pass,
        [weak = std::weak_ptr(m_later)] {
            if (const auto guard = weak.lock())
                (*guard)->advance();
        },
        Qt::QueuedConnection);
}

void HttpGuard::advanceOnce()
{
    if (!std::exchange(m_isTimed, true))
        arm(m_context.config.requestDeadline);
    m_input.remove(0, m_parser.feed(m_input));
    switch (m_parser.state()) {
    case RequestParser::State::NeedMore:
        if (const HttpRequest *head = m_parser.takeHead())
            judgeBody(*head);
        if (m_state == State::Reading && m_parser.takeExpectation())
            sendContinue();
        return;
    case RequestParser::State::Failed:
        return refuse(m_parser.fault().status, m_parser.fault().detail);
    case RequestParser::State::Complete:
        return dispatch(m_parser.take());
    }
}

static bool isRequestId(QByteArrayView text)
{
    constexpr qsizetype kLongest = 128;
    return !text.isEmpty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0
            || QByteArrayView("._:/+=@-").contains(c);
    });
}

/// By which a log line and an answer are found for each other: as it was named before us, where
/// that can be logged.
static QByteArray requestIdOf(const HttpRequest &request)
{
    const QByteArray named = request.headers.value("X-Request-Id");
    if (isRequestId(named))
        return named;
    thread_local quint64 next = QRandomGenerator::system()->generate64();
    return QByteArray::number(next++, 16);
}

static HttpResponse needsUpgrade(const QString &detail)
{
    HttpResponse response = problem(426, detail);
    response.headers.add("Sec-WebSocket-Version"_ba, "13"_ba);
    response.headers.add("Upgrade"_ba, "websocket"_ba);
    return response;
}

/// Nobody sends a body who may not ask for anything.
void HttpGuard::judgeBody(const HttpRequest &head)
{
    if (!m_context.requests.wantsBody(head) || missingForHandshake(head).isEmpty()) {
        m_keepAlive = false;
        m_input = {};
        return dispatch(m_parser.take());
    }
    m_client.resolve(head);
    if (const auto may = m_client.holdBody(m_parser.bodyLimit()); !may)
        return refuse(may.error());
    leaveIdle(); // it has said who it is
}

void HttpGuard::dispatch(HttpRequest request)
{
    leaveIdle();
    m_client.releaseBody();
    m_client.resolve(request);
    request.peer = m_client.address();
    request.id = m_requestId = requestIdOf(request);
    m_isHead = request.method == "HEAD";
    m_keepAlive = m_keepAlive && request.keepAlive && !m_context.isDraining;
    m_state = State::Handling;
    const bool isFirst = std::exchange(m_isNew, false);
    if (isFirst && m_context.limiter.isMemoryShort() && !request.path().startsWith("/health")
        && !m_context.requests.isOfSession(request))
        return refuseForMemory();
    arm(m_context.config.responseDeadline);
    const QString missing = missingForHandshake(request);
    if (missing.isEmpty())
        upgrade(request);
    else if (request.method == "GET" && m_context.upgrades.isAt(request))
        respond(needsUpgrade(
            u"The header %1 is missing: only WebSockets are opened here."_s.arg(missing)));
    else
        handle(request);
}

void HttpGuard::refuseForMemory()
{
    m_context.limiter.count(limits::Limit::ProcessMemory);
    m_context.counters.requestFaults.add();
    m_keepAlive = false;
    HttpResponse busy = problem(503, u"Memory is short."_s);
    busy.headers.add("Retry-After", "5");
    busy.paidBy = HttpResponse::PaidBy::Nobody;
    respond(busy);
}

void HttpGuard::handle(HttpRequest &request)
{
    if (m_isHead)
        request.method = "GET"_ba;
    m_context.counters.requests.add();
    m_awaited = std::make_shared<HttpGuard *>(this);
    m_hasClientEnded = std::make_shared<std::atomic<bool>>(false);
    request.hasClientEnded = m_hasClientEnded;
    const std::weak_ptr<HttpGuard *> awaited = m_awaited;
    m_context.requests.handle(request, [awaited](const HttpResponse &response) {
        if (const auto guard = awaited.lock())
            (*guard)->respond(response);
    });
}

void HttpGuard::upgrade(const HttpRequest &request)
{
    if (m_context.isDraining)
        return refuse(503, u"This node stops."_s, HttpResponse::PaidBy::Nobody);
    if (request.headers.value("Sec-WebSocket-Version") != "13")
        return respond(needsUpgrade(u"Only WebSocket version 13 is spoken here."_s));
    const QByteArray length = request.headers.value("Content-Length");
    if (!request.body.isEmpty() || (!length.isEmpty() && length != "0")
        || request.headers.has("Transfer-Encoding"))
        return refuse(400, u"A WebSocket hand-shake has no body."_s);
    if (m_client.isBehindProxy() && !m_context.limiter.takeConnection(*m_client.account()))
        return respond(tooManyConnections());
    UpgradeDecision decision = m_context.upgrades.decide(request);
    if (const auto *refusal = std::get_if<HttpResponse>(&decision))
        return respond(*refusal);
    accept(request, std::get<UpgradeAcceptance>(std::move(decision)));
}

void HttpGuard::accept(const HttpRequest &request, UpgradeAcceptance acceptance)
{
    const auto answer = answerHandshake(request, acceptance.subprotocol);
    if (!answer)
        return refuse(400, answer.error().detail);
    m_context.counters.upgrades.add();
    m_state = State::Finished;
    m_deadline.cancel();
    auto connection = std::make_unique<WebSocketConnection>(
        m_context, std::move(m_stream), m_client.account(), std::move(acceptance.handler));
    WebSocketConnection &added = *connection;
    m_context.connections.add(std::move(connection));
    m_context.connections.retire(*this);
    added.start(*answer, std::exchange(m_input, {}));
}

void HttpGuard::respond(const HttpResponse &response)
{
    m_awaited.reset();
    m_hasClientEnded.reset();
    if (m_state != State::Handling)
        return;
    if (const auto may = m_client.pay(response); !may)
        return refuse(may.error());
    m_isSlowed = response.status == kTooManyRequests && m_address;
    m_state = State::Sending;
    arm(m_context.config.responseDeadline);
    m_output.push(serialize(response,
                            {.isHead = m_isHead,
                             .keepAlive = m_keepAlive,
                             .requestId = std::exchange(m_requestId, {})}));
    flush();
}

void HttpGuard::refuse(const Error &error)
{
    leaveIdle();
    m_context.counters.requestFaults.add();
    // That of a proxy is of others, too: unless a body follows that nobody reads.
    if (m_address || m_state == State::Reading) {
        m_isSlowed = true;
        m_keepAlive = false;
        m_input = {};
    }
    m_state = State::Sending;
    arm(m_context.config.responseDeadline);
    m_output.push(serialize(problem(error),
                            {.isHead = m_isHead,
                             .keepAlive = m_keepAlive,
                             .requestId = std::exchange(m_requestId, {})}));
    flush();
}

void HttpGuard::refuse(int status, const QString &detail, HttpResponse::PaidBy paidBy)
{
    leaveIdle();
    m_context.counters.requestFaults.add();
    m_keepAlive = false;
    m_isHead = false;
    m_input = {};
    m_state = State::Handling;
    HttpResponse fault = problem(status, detail);
    fault.paidBy = paidBy;
    respond(fault);
}

void HttpGuard::sendContinue()
{
    m_output.push("HTTP/1.1 100 Continue\r\n\r\n"_ba);
    flush();
}

void HttpGuard::flush()
{
    const auto [status, bytes] = m_stream.write(m_output);
    m_context.counters.bytesOut.add(bytes);
    if (status == TcpStream::WriteStatus::Broken)
        return finish();
    m_stream.watchWriting(status == TcpStream::WriteStatus::Blocked);
    if (status == TcpStream::WriteStatus::Done && m_state == State::Sending)
        sent();
}

void HttpGuard::writable()
{
    flush();
}

void HttpGuard::sent()
{
    // What such a one has still to say is not worth reading, though it may cost it the answer.
    if (!m_keepAlive && m_isSlowed)
        return finish();
    if (!m_keepAlive)
        return linger();
    if (!std::exchange(m_isSlowed, false))
        return goOn();
    m_context.idle.add(*this);
    pause();
}

/// What it has to say waits in the kernel.
void HttpGuard::pause()
{
    m_state = State::Pausing;
    m_stream.watchReading(false);
    arm(kPause);
}

void HttpGuard::goOn()
{
    if (!m_keepAlive)
        return linger();
    read();
    m_isTimed = false;
    arm(m_context.config.keepAliveIdle);
    advance();
}

/// Closing with bytes unread would reset the connection, and the client might lose the answer.
void HttpGuard::linger()
{
    m_input = {};
    if (m_peerEnded)
        return finish();
    leaveIdle();
    m_state = State::Lingering;
    m_stream.shutdownWriting();
    m_stream.watchReading(true);
    arm(m_context.config.lingerDeadline);
}

void HttpGuard::expired()
{
    switch (m_state) {
    case State::Reading:
        if (m_parser.isIdle())
            return linger();
        return refuse(408, u"The request was not whole in time."_s);
    case State::Handling:
        m_keepAlive = false;
        return respond(problem(504, u"There was no answer in time."_s));
    case State::Pausing:
        return goOn();
    case State::Sending:
    case State::Lingering:
        return finish();
    case State::Finished:
        return;
    }
}

void HttpGuard::finish()
{
    if (m_state == State::Finished)
        return;
    m_state = State::Finished;
    leaveIdle();
    m_awaited.reset();
    if (m_hasClientEnded)
        *m_hasClientEnded = true;
    m_deadline.cancel();
    m_stream.close();
    m_context.connections.retire(*this);
}

void HttpGuard::arm(std::chrono::milliseconds delay)
{
    m_context.wheel.arm(m_deadline, delay);
}

} // namespace presence::transport
