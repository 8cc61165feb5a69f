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

static QByteArray toTextFrame(QByteArrayView text)
{
    return transport::encodeFrame(transport::Opcode::Text, text);
}

PhoenixSocket::PhoenixSocket(Services &services, auth::Caller caller, protocol::Vsn vsn)
    : m_services(services), m_caller(std::move(caller)), m_vsn(vsn)
{
}

PhoenixSocket::~PhoenixSocket() = default;

void PhoenixSocket::opened(transport::WebSocketConnection &connection)
{
    m_connection = &connection;
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
    m_connection = nullptr;
    m_tokenExpiry.reset();
    m_channels.clear();
}

void PhoenixSocket::textMessage(QByteArrayView text)
{
    receive(protocol::decodeText(m_vsn, text));
}

void PhoenixSocket::binaryMessage(QByteArrayView bytes)
{
    if (m_vsn == protocol::Vsn::V1)
        return close(CloseCode::UnsupportedData);
    receive(protocol::decodeBinary(bytes));
}

void PhoenixSocket::receive(const Result<Message> &message)
{
    // Nothing in it can be trusted to name who should get a reply.
    if (!message)
        return close(CloseCode::PolicyViolation);
    if (message->topic == protocol::kPhoenixTopic && message->event == protocol::event::kHeartbeat)
        return reply(*message, ReplyStatus::Ok, "{}");
    if (message->event == protocol::event::kJoin)
        return join(*message);
    if (message->event == protocol::event::kLeave)
        return leave(*message);
    const auto target = channel(message->topic);
    const bool isCurrent
        = target && (message->joinRef.isEmpty() || message->joinRef == target->joinRef());
    if (!isCurrent)
        return replyError(*message, {ErrorCode::NotFound, u"unmatched topic"_s});
    if (message->isBinary)
        return replyError(*message, {ErrorCode::Malformed, u"binary payload"_s});
    target->handle(*message);
}

void PhoenixSocket::join(const Message &message)
{
    if (const auto older = channel(message.topic)) {
        push(older->joinRef(), older->joinRef(), message.topic, protocol::event::kClose, "{}");
        drop(*older);
    }
    if (m_channels.size() >= limits::kMaxTopicsPerSocket)
        return replyError(message, {ErrorCode::RateLimited, u"too many topics"_s});
    const auto made = makeChannel(*this, message);
    if (!made)
        return replyError(message, made.error());
    m_channels.push_back(*made);
    m_services.metrics.joins.Increment();
    (*made)->join(message);
}

void PhoenixSocket::leave(const Message &message)
{
    const auto target = channel(message.topic);
    reply(message, ReplyStatus::Ok, "{}");
    // A late leave of a channel that was joined anew must not end the new one.
    if (!target || (!message.joinRef.isEmpty() && message.joinRef != target->joinRef()))
        return;
    push(target->joinRef(), target->joinRef(), message.topic, protocol::event::kClose, "{}");
    drop(*target);
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
    std::erase_if(m_channels, [&channel](const auto &other) { return other.get() == &channel; });
}

void PhoenixSocket::push(const protocol::Ref &joinRef, const protocol::Ref &ref,
                         QByteArrayView topic, QByteArrayView event, QByteArrayView payload,
                         quint64 subject)
{
    if (m_connection)
        m_connection->sendText(protocol::encodePush(m_vsn, joinRef, ref, topic, event, payload),
                               subject);
}

void PhoenixSocket::deliver(const hub::Broadcast &broadcast)
{
    if (m_connection)
        m_connection->send(broadcast.frame(m_vsn, &toTextFrame), broadcast.subject());
}

void PhoenixSocket::reply(const MessageHead &message, ReplyStatus status, QByteArrayView response)
{
    if (m_connection && !message.ref.isEmpty())
        m_connection->sendText(protocol::encodeReply(m_vsn, message.joinRef, message.ref,
                                                     message.topic, status, response));
}

/// {"reason"} as the service that this one replaces had it, and the field at fault.
void PhoenixSocket::replyError(const MessageHead &message, const Error &error)
{
    QJsonObject response{{"reason"_L1, error.detail}};
    if (!error.field.isEmpty())
        response["field"_L1] = error.field;
    reply(message, ReplyStatus::Error, protocol::toBytes(response));
}

void PhoenixSocket::close(CloseCode code)
{
    if (m_connection)
        m_connection->close(code);
}

} // namespace presence::channels
