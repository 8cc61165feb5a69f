// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/auth/caller.h"
#include "server/channels/channel.h"
#include "server/channels/services.h"
#include "server/transport/websocket/websockethandler.h"
#include "shared/protocol/phoenixcodec.h"

#include <vector>

namespace presence::channels {

/// A client that speaks Phoenix Channels: joins and leaves topics, passes each message to its
/// topic's channel. Owned by its transport, on the shard's thread.
class PhoenixSocket final : public transport::WebSocketHandler
{
public:
    /// `payer` holds the connection, which ends with the socket.
    PhoenixSocket(Services &services, auth::Caller caller, protocol::Vsn vsn,
                  limits::Payer payer = {});
    ~PhoenixSocket() override;

    const auth::Caller &caller() const { return m_caller; }
    Services &services() { return m_services; }
    /// The connection was closed because the node stops.
    bool isDrained() const { return m_isDrained; }

    // For the channels. All of it does nothing once the connection is closed.
    void push(const protocol::Ref &joinRef, const protocol::Ref &ref, QByteArrayView topic,
              QByteArrayView event, QByteArrayView payload, quint64 subject = 0);
    void deliver(const hub::Broadcast &broadcast);
    /// The same as a push of the channel that joined with `joinRef`, of which V1 knows nothing.
    void deliverTo(const protocol::Ref &joinRef, const hub::Broadcast &broadcast)
    {
        deliverTo(joinRef, broadcast.topic(), broadcast.event(), broadcast);
    }
    void deliverTo(const protocol::Ref &joinRef, const QByteArray &topic, QByteArrayView event,
                   const hub::Broadcast &broadcast);
    /// Nothing when `message` has no ref.
    void reply(const protocol::MessageHead &message, protocol::ReplyStatus status,
               QByteArrayView response);
    void replyError(const protocol::MessageHead &message, const Error &error);
    void close(protocol::CloseCode code);
    /// Ends a channel whose join was refused.
    void drop(const Channel &channel);
    /// Ends a channel that answered everything before the `leave`.
    void left(const Channel &channel, const protocol::MessageHead &leave);
    /// The join of `topic` is answered: what came before that is received now.
    void receiveEarly(const QByteArray &topic);

private:
    void opened(transport::ClientTransport &transport) override;
    void textMessage(QByteArrayView text) override;
    void binaryMessage(QByteArrayView bytes) override;
    void closed(protocol::CloseCode code) override;

    void receive(QByteArrayView bytes, bool isBinary);
    void join(const protocol::Message &message);
    void takeToken(const protocol::Message &message);
    void armExpiry();
    std::shared_ptr<Channel> channel(const QByteArray &topic) const;

    /// Messages for topics whose join is not answered yet, in their order.
    struct Early
    {
        struct Kept
        {
            protocol::MessageHead head;
            QByteArray bytes;
            bool isBinary;
            bool isLeave;
        };
        std::vector<Kept> messages;
        qsizetype bytes = 0;

        bool has(const QByteArray &topic) const;
        std::vector<Kept> take(const QByteArray &topic);
    };
    void keep(const protocol::Message &message, QByteArrayView bytes, bool isBinary);
    void abandonEarly(const QByteArray &topic, const QString &why);

    Services &m_services;
    auth::Caller m_caller;
    transport::ClientTransport *m_transport = nullptr;
    std::vector<std::shared_ptr<Channel>> m_channels; ///< few: a search is cheaper than a hash
    std::shared_ptr<Early> m_early; ///< null when there are none
    std::unique_ptr<eventloop::Deadline> m_tokenExpiry; ///< only when the token expires
    const protocol::Vsn m_vsn;
    bool m_isDrained = false;
};

} // namespace presence::channels
