// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/protocol/phoenixmessage.h"

#include <memory>

namespace presence::channels {

class PhoenixSocket;

/// One topic that a socket has joined, from its phx_join to its end.
///
/// Owned by its socket through a shared pointer; callbacks hold a weak one, so an answer that
/// comes after the end finds nobody. Destroying a channel leaves the topic.
class Channel : public std::enable_shared_from_this<Channel>
{
public:
    Channel(PhoenixSocket &socket, const protocol::Message &join);
    virtual ~Channel() = default;
    Q_DISABLE_COPY_MOVE(Channel)

    const QByteArray &topic() const { return m_topic; }
    const protocol::Ref &joinRef() const { return m_joinRef; }

    /// Answers the join, now or later: with accept(), or with refuse(), which ends the channel.
    virtual void join(const protocol::Message &message) = 0;

    /// A push of the client; each with a ref gets exactly one reply.
    virtual void handle(const protocol::Message &message);

protected:
    PhoenixSocket &socket() { return m_socket; }
    /// `topic` is the same text, kept once for all that joined it.
    void share(const QByteArray &topic) { m_topic = topic; }
    void accept(const protocol::MessageHead &message);
    void refuse(const protocol::MessageHead &message, const Error &error);
    /// `subject` as in WebSocketConnection::send().
    void push(QByteArrayView event, QByteArrayView payload, quint64 subject = 0);
    /// `response` is JSON.
    void reply(const protocol::MessageHead &message, QByteArrayView response = "{}");
    void replyError(const protocol::MessageHead &message, const Error &error);

    /// A callback that replies ok with what `toResponse` makes of the value, or with the error;
    /// nothing when the channel has ended.
    template <typename T, typename ToResponse>
    Callback<T> replying(const protocol::MessageHead &message, ToResponse toResponse)
    {
        return [weak = weak_from_this(), message, toResponse](Result<T> result) {
            const auto self = weak.lock();
            if (!self)
                return;
            if (result)
                self->reply(message, toResponse(*result));
            else
                self->replyError(message, result.error());
        };
    }
    Callback<void> replyingOk(const protocol::MessageHead &message);

private:
    PhoenixSocket &m_socket;
    QByteArray m_topic;
    protocol::Ref m_joinRef;
};

} // namespace presence::channels
