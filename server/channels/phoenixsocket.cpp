// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/phoenixsocket.h"

#include "server/channels/topicfactory.h"
#include "server/transport/websocket/framewriter.h"
#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"

#include <algorithm>

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::CloseCode;
using protocol::Message;
using protocol::MessageHead;
using protocol::ReplyStatus;

/// There is one for each connection.
static_assert(sizeof(PhoenixSocket) <= 192);

static QByteArray toTextFrame(QByteArrayView text)
{
    return transport::encodeFrame(transport::Opcode::Text, text);
}

PhoenixSocket::PhoenixSocket(Services &services, auth::Caller caller, protocol::Vsn vsn,
                             limits::Payer payer)
    : WebSocketHandler(std::move(payer)), m_services(services), m_caller(std::move(caller)),
      m_vsn(vsn)
{
}

PhoenixSocket::~PhoenixSocket()
{
    payer().releaseConnection();
}

void PhoenixSocket::opened(transport::ClientTransport &transport)
{
    m_transport = &transport;
    armExpiry();
}

void PhoenixSocket::armExpiry()
{
    m_tokenExpiry.reset();
    if (m_caller.expiresAt == std::chrono::sys_seconds::max())
        return;
    m_tokenExpiry
        = std::make_unique<eventloop::Deadline>([this] { close(CloseCode::TokenExpired); });
    // In seconds: a token for the year 9999 is beyond what nanoseconds can count.
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto left
        = std::min<std::chrono::seconds>(m_caller.expiresAt - now, std::chrono::hours(24 * 365));
    m_services.deadlines.arm(*m_tokenExpiry,
                             std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                                      std::chrono::milliseconds(0)));
}

void PhoenixSocket::closed(CloseCode code)
{
    m_isDrained = code == CloseCode::Draining;
    m_transport = nullptr;
    m_tokenExpiry.reset();
    m_early.reset();
    m_channels.clear();
}

void PhoenixSocket::textMessage(QByteArrayView text)
{
    const QByteArray answer = protocol::answerHeartbeat(m_vsn, text);
    if (answer.isEmpty())
        receive(text, false);
    else if (m_transport)
        m_transport->sendText(answer);
}

/// In V1 there are none of their own kind: clients in Java and Go send their text like this.
void PhoenixSocket::binaryMessage(QByteArrayView bytes)
{
    receive(bytes, m_vsn == protocol::Vsn::V2);
}

void PhoenixSocket::receive(QByteArrayView bytes, bool isBinary)
{
    const auto message
        = isBinary ? protocol::decodeBinary(bytes) : protocol::decodeText(m_vsn, bytes);
    // Nothing in it can be trusted to name who should get a reply.
    if (!message)
        return close(CloseCode::PolicyViolation);
    if (message->topic == protocol::kPhoenixTopic && message->event == protocol::event::kHeartbeat)
        return reply(*message, ReplyStatus::Ok, "{}");
    if (message->event == protocol::event::kAccessToken)
        return takeToken(*message);
    if (message->event == protocol::event::kJoin)
        return join(*message);
    const auto target = channel(message->topic);
    const bool isCurrent = target && !target->isLeaving()
        && (message->joinRef.isEmpty() || message->joinRef == target->joinRef());
    if (isCurrent && (target->isOpening() || (m_early && m_early->has(message->topic))))
        return keep(*message, bytes, isBinary);
    // A late leave of a channel that was joined anew must not end the new one.
    if (message->event == protocol::event::kLeave)
        return isCurrent ? target->leave(*message) : reply(*message, ReplyStatus::Ok, "{}");
    if (!isCurrent)
        return replyError(*message, {ErrorCode::NotFound, u"unmatched topic"_s});
    if (message->isBinary)
        return replyError(*message, {ErrorCode::Malformed, u"binary payload"_s});
    target->receive(*message);
}

bool PhoenixSocket::Early::has(const QByteArray &topic) const
{
    return std::ranges::any_of(messages,
                               [&](const Kept &kept) { return kept.head.topic == topic; });
}

std::vector<PhoenixSocket::Early::Kept> PhoenixSocket::Early::take(const QByteArray &topic)
{
    const auto others
        = std::stable_partition(messages.begin(), messages.end(),
                                [&](const Kept &kept) { return kept.head.topic == topic; });
    std::vector<Kept> taken(std::make_move_iterator(messages.begin()),
                            std::make_move_iterator(others));
    messages.erase(messages.begin(), others);
    for (const Kept &kept : taken)
        bytes -= kept.bytes.size();
    return taken;
}

void PhoenixSocket::keep(const Message &message, QByteArrayView bytes, bool isBinary)
{
    if (!m_early)
        m_early = std::make_shared<Early>();
    if (m_early->messages.size() >= limits::kMessageBurst
        || m_early->bytes + bytes.size() > limits::kMaxEarlyBytes)
        return replyError(message, {ErrorCode::RateLimited, u"the join is not answered yet"_s});
    m_early->bytes += bytes.size();
    m_early->messages.push_back(
        {message, bytes.toByteArray(), isBinary, message.event == protocol::event::kLeave});
}

/// What came for a join that another one has replaced. Not parsed again: the join is being read.
void PhoenixSocket::abandonEarly(const QByteArray &topic, const QString &why)
{
    if (!m_early)
        return;
    for (const auto &kept : m_early->take(topic)) {
        if (kept.isLeave)
            reply(kept.head, ReplyStatus::Ok, "{}");
        else
            replyError(kept.head, {ErrorCode::Unavailable, why});
    }
}

/// After what has answered the join, and pushes what the client begins with.
void PhoenixSocket::receiveEarly(const QByteArray &topic)
{
    if (!m_early || !m_early->has(topic))
        return;
    QMetaObject::invokeMethod(
        &m_services.deadlines,
        [this, topic, weak = std::weak_ptr(m_early)] {
            const auto early = weak.lock(); // with the socket
            if (!early)
                return;
            for (const auto &kept : early->take(topic)) {
                if (m_transport && m_transport->isOpen())
                    receive(kept.bytes, kept.isBinary);
            }
            if (m_early && m_early->messages.empty())
                m_early.reset();
        },
        Qt::QueuedConnection);
}

void PhoenixSocket::join(const Message &message)
{
    if (const auto older = channel(message.topic)) {
        older->abandon(u"joined again"_s);
        abandonEarly(message.topic, u"joined again"_s);
        push(older->joinRef(), older->joinRef(), message.topic, protocol::event::kClose, "{}");
        drop(*older);
    }
    if (m_channels.size() >= limits::kMaxTopicsPerSocket)
        return replyError(message, {ErrorCode::RateLimited, u"too many topics"_s});
    if (const auto may = payer().take(limits::Spending::Joins); !may)
        return replyError(message, may.error());
    const auto made = makeChannel(*this, message);
    if (!made)
        return replyError(message, made.error());
    m_channels.push_back(*made);
    m_services.metrics.joins.Increment();
    (*made)->open(message);
}

/// A new token in the place of the one that the socket was opened with. What it does not allow any
/// more ends; with a wrong one all stays as it was.
void PhoenixSocket::takeToken(const Message &message)
{
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const QByteArray token = message.payload["access_token"].bytes().toByteArray();
    auto caller = m_services.verifier.verify(token, now);
    if (!caller)
        return replyError(message, caller.error());
    if (caller->expiresAt <= now)
        return replyError(message, {ErrorCode::Unauthenticated, u"token expired"_s});
    // Who pays, and what is listened to, was decided by these.
    if (caller->user != m_caller.user || caller->isAdmin != m_caller.isAdmin
        || caller->isObserver != m_caller.isObserver || caller->isService != m_caller.isService)
        return replyError(message, {ErrorCode::Forbidden, u"token of another user or scope"_s});
    if (caller->isolates && caller->workspaces != m_caller.workspaces)
        return replyError(message, {ErrorCode::Forbidden, u"token of other workspaces"_s});
    m_caller = *std::move(caller);
    armExpiry();
    reply(message, ReplyStatus::Ok, "{}");
    for (const auto &channel : std::vector(m_channels)) {
        if (mayJoin(m_caller, channel->topic()) && channel->renew(m_caller))
            continue;
        // phoenix.js forgets a channel with its close.
        channel->abandon(u"unauthorized"_s);
        abandonEarly(channel->topic(), u"unauthorized"_s);
        push(channel->joinRef(), channel->joinRef(), channel->topic(), protocol::event::kClose,
             "{}");
        drop(*channel);
    }
}

void PhoenixSocket::left(const Channel &channel, const MessageHead &leave)
{
    reply(leave, ReplyStatus::Ok, "{}");
    push(channel.joinRef(), channel.joinRef(), channel.topic(), protocol::event::kClose, "{}");
    drop(channel);
}

std::shared_ptr<Channel> PhoenixSocket::channel(const QByteArray &topic) const
{
    const auto found
        = std::find_if(m_channels.begin(), m_channels.end(),
                       [&topic](const auto &channel) { return channel->topic() == topic; });
    return found == m_channels.end() ? nullptr : *found;
}

void PhoenixSocket::drop(const Channel &channel)
{
    receiveEarly(channel.topic());
    std::erase_if(m_channels, [&channel](const auto &other) { return other.get() == &channel; });
}

void PhoenixSocket::push(const protocol::Ref &joinRef, const protocol::Ref &ref,
                         QByteArrayView topic, QByteArrayView event, QByteArrayView payload,
                         quint64 subject)
{
    if (m_transport)
        m_transport->sendText(protocol::encodePush(m_vsn, joinRef, ref, topic, event, payload),
                              subject);
}

void PhoenixSocket::deliver(const hub::Broadcast &broadcast)
{
    if (m_transport)
        m_transport->send(broadcast.frame(m_vsn, &toTextFrame), broadcast.subject());
}

void PhoenixSocket::deliverTo(const protocol::Ref &joinRef, const QByteArray &topic,
                              QByteArrayView event, const hub::Broadcast &broadcast)
{
    if (!m_transport)
        return;
    const QByteArray head = protocol::encodePushHead(m_vsn, joinRef, topic, event);
    const QByteArray &rest = broadcast.rest(m_vsn);
    m_transport->send(transport::encodeFrameHead(transport::Opcode::Text, head.size() + rest.size())
                          + head,
                      rest, broadcast.subject());
}

void PhoenixSocket::reply(const MessageHead &message, ReplyStatus status, QByteArrayView response)
{
    if (m_transport && !message.ref.isEmpty())
        m_transport->sendText(protocol::encodeReply(m_vsn, message.joinRef, message.ref,
                                                    message.topic, status, response));
}

/// {"reason"} as the service that this one replaces had it, the field at fault, and of slow_down
/// the limit and when to try again.
void PhoenixSocket::replyError(const MessageHead &message, const Error &error)
{
    if (error.code == ErrorCode::Forbidden || error.code == ErrorCode::Unauthenticated)
        payer().logDenial(message.topic, error.detail);
    QJsonObject response{{"reason"_L1, error.detail}};
    if (!error.field.isEmpty())
        response["field"_L1] = error.field;
    if (!error.limit.isEmpty())
        response["limit"_L1] = error.limit;
    if (error.retryAfter.count() > 0)
        response["retry_after_ms"_L1] = static_cast<qint64>(error.retryAfter.count());
    reply(message, ReplyStatus::Error, protocol::toBytes(response));
}

void PhoenixSocket::close(CloseCode code)
{
    if (m_transport)
        m_transport->close(code);
}

} // namespace presence::channels
