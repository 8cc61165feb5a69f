// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/channel.h"

#include "server/channels/phoenixsocket.h"
#include "shared/protocol/json.h"

namespace presence::channels {

using protocol::Message;
using protocol::MessageHead;
using protocol::ReplyStatus;

Channel::Channel(PhoenixSocket &socket, const Message &join)
    : m_socket(socket), m_topic(join.topic),
      m_joinRef(join.joinRef.isEmpty() ? join.ref : join.joinRef)
{
}

void Channel::handle(const Message &message)
{
    replyError(message, {ErrorCode::NotFound, QStringLiteral("unknown event")});
}

void Channel::accept(const MessageHead &message)
{
    reply(message);
}

void Channel::refuse(const MessageHead &message, const Error &error)
{
    replyError(message, error);
    m_socket.drop(*this);
}

void Channel::push(QByteArrayView event, QByteArrayView payload, quint64 subject)
{
    m_socket.push(m_joinRef, {}, m_topic, event, payload, subject);
}

void Channel::reply(const MessageHead &message, QByteArrayView response)
{
    m_socket.reply(message, ReplyStatus::Ok, response);
}

void Channel::replyError(const MessageHead &message, const Error &error)
{
    m_socket.replyError(message, error);
}

Callback<void> Channel::replyingOk(const MessageHead &message)
{
    return [weak = weak_from_this(), message](Result<void> result) {
        const auto self = weak.lock();
        if (self && result)
            self->reply(message);
        else if (self)
            self->replyError(message, result.error());
    };
}

} // namespace presence::channels
