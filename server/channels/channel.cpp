// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/channel.h"

#include "server/channels/phoenixsocket.h"
#include "server/channels/services.h"
#include "shared/protocol/json.h"

#include <algorithm>

namespace presence::channels {

using protocol::Message;
using protocol::MessageHead;
using protocol::ReplyStatus;

Channel::Channel(PhoenixSocket &socket, const Message &join)
    : m_socket(socket), m_joinRef(join.joinRef.isEmpty() ? join.ref : join.joinRef)
{
}

void Channel::open(const Message &message)
{
    expectReply(message.ref);
    join(message);
}

void Channel::receive(const Message &message)
{
    expectReply(message.ref);
    handle(message);
}

void Channel::leave(const MessageHead &message)
{
    due().leave = message;
    leaveWhenDone();
}

void Channel::abandon(const QString &why)
{
    const auto due = std::exchange(m_due, nullptr);
    if (!due)
        return;
    for (const protocol::Ref &ref : due->refs)
        m_socket.replyError({m_joinRef, ref, topic()}, {ErrorCode::Unavailable, why});
    if (due->leave)
        m_socket.reply(*due->leave, ReplyStatus::Ok, "{}");
}

Channel::Due &Channel::due()
{
    if (!m_due)
        m_due = std::make_unique<Due>();
    return *m_due;
}

void Channel::expectReply(const protocol::Ref &ref)
{
    if (!ref.isEmpty())
        due().refs.push_back(ref);
}

void Channel::replied(const protocol::Ref &ref)
{
    // What comes before the join is answered waits, so this is the answer.
    if (std::exchange(m_isOpening, false))
        m_socket.receiveEarly(topic());
    if (!m_due)
        return;
    if (const auto found = std::ranges::find(m_due->refs, ref); found != m_due->refs.end())
        m_due->refs.erase(found);
    if (m_due->leave)
        leaveWhenDone();
    else if (m_due->refs.empty())
        m_due.reset();
}

/// Not from within whatever has answered: it may be part of the channel.
void Channel::leaveWhenDone()
{
    if (!m_due->refs.empty())
        return;
    QMetaObject::invokeMethod(
        &m_socket.services().deadlines,
        [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (!self || !self->isLeaving())
                return;
            self->m_isLeft = true;
            self->m_socket.left(*self, *std::exchange(self->m_due, nullptr)->leave);
        },
        Qt::QueuedConnection);
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
    m_socket.push(m_joinRef, {}, topic(), event, payload, subject);
}

void Channel::reply(const MessageHead &message, QByteArrayView response)
{
    m_socket.reply(message, ReplyStatus::Ok, response);
    replied(message.ref);
}

void Channel::replyError(const MessageHead &message, const Error &error)
{
    m_socket.replyError(message, error);
    replied(message.ref);
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
