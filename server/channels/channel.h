// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/caller.h"
#include "shared/core/result.h"
#include "shared/protocol/phoenixmessage.h"

#include <memory>
#include <optional>
#include <vector>

namespace presence::channels {

class PhoenixSocket;

/// One topic that a socket has joined, from its phx_join to its end.
///
/// Owned by its socket through a shared pointer; callbacks hold a weak one, so an answer that
/// comes after the end finds nobody. Destroying a channel leaves the topic.
///
/// Each message with a ref gets exactly one reply: a leave waits for the replies that are due, and
/// a channel that is replaced answers what is left.
class Channel : public std::enable_shared_from_this<Channel>
{
public:
    Channel(PhoenixSocket &socket, const protocol::Message &join);
    virtual ~Channel() = default;
    Q_DISABLE_COPY_MOVE(Channel)

    virtual const QByteArray &topic() const = 0;
    const protocol::Ref &joinRef() const { return m_joinRef; }

    void open(const protocol::Message &message);
    bool isOpening() const { return m_isOpening; } ///< the join is not answered yet
    void receive(const protocol::Message &message);
    /// Has the socket end the channel once everything else is answered.
    void leave(const protocol::MessageHead &message);
    bool isLeaving() const { return m_due && m_due->leave; }
    bool isLeft() const { return m_isLeft; } ///< it ends because the client said so
    /// The client has another token. False when the channel cannot go on with it.
    virtual bool renew(const auth::Caller &) { return true; }
    /// Answers what is not answered yet, with why: another join takes its place, or none may.
    void abandon(const QString &why);

protected:
    /// Answers the join, now or later: with accept(), or with refuse(), which ends the channel.
    virtual void join(const protocol::Message &message) = 0;
    /// A push of the client, once the join is answered.
    virtual void handle(const protocol::Message &message);

    PhoenixSocket &socket() { return m_socket; }
    const PhoenixSocket &socket() const { return m_socket; }
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
    /// Replies that are due, and the leave that waits for them.
    struct Due
    {
        std::vector<protocol::Ref> refs;
        std::optional<protocol::MessageHead> leave;
    };
    Due &due();
    void expectReply(const protocol::Ref &ref);
    void replied(const protocol::Ref &ref);
    void leaveWhenDone();

    PhoenixSocket &m_socket;
    protocol::Ref m_joinRef;
    std::unique_ptr<Due> m_due; ///< null when nothing is
    bool m_isOpening = true;
    bool m_isLeft = false;
};

} // namespace presence::channels
