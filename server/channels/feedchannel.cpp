// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/feedchannel.h"

#include "server/channels/phoenixsocket.h"
#include "shared/protocol/limits.h"

namespace presence::channels {

using namespace Qt::StringLiterals;
using Debt = limits::Payer::Debt;

FeedChannel::FeedChannel(PhoenixSocket &socket, const protocol::Message &join, Join joinHub)
    : Channel(socket, join),
      m_waiting(new Waiting{join, std::move(joinHub), eventloop::Deadline([this] {
                                const auto late = std::move(m_waiting);
                                refuse(late->message, {ErrorCode::Unavailable, u"unavailable"_s});
                            })}),
      m_wantsDiffsOnly(join.payload["presence"].bytes() == "diff")
{
}

FeedChannel::~FeedChannel()
{
    if (m_topic)
        socket().services().hub.leave(*m_topic, *this);
}

/// The same text for all that joined it.
const QByteArray &FeedChannel::topic() const
{
    return m_topic ? m_topic->name() : m_waiting->message.topic;
}

QByteArray FeedChannel::owner() const
{
    return socket().payer().name();
}

void FeedChannel::join(const protocol::Message &message)
{
    // How large a snapshot is shows when it is there.
    if (const auto may = socket().payer().take(limits::Spending::Snapshots, 0, Debt::Allowed); !may)
        return refuse(message, may.error());
    auto &services = socket().services();
    services.deadlines.arm(m_waiting->deadline, limits::kTopicDeadline);
    // A topic that is ready subscribes it from within.
    const Join joinHub = std::move(m_waiting->joinHub);
    m_topic = &joinHub(services.hub, *this);
}

void FeedChannel::subscribed(const hub::Topic &topic, const QByteArray &state)
{
    m_topic = &topic;
    const auto answered = std::move(m_waiting);
    reply(answered->message, state);
}

void FeedChannel::deliver(const hub::Broadcast &broadcast)
{
    // The state is for this channel alone, as in Phoenix; phoenix.js drops that of an older join.
    if (broadcast.event() == protocol::event::kPresenceState
        || broadcast.event() == protocol::event::kTypingState) {
        constexpr double kKiB = 1024;
        socket().payer().charge(limits::Spending::Snapshots,
                                static_cast<double>(broadcast.payload().size()) / kKiB);
        return socket().deliverTo(joinRef(), broadcast);
    }
    const bool isOfOneUser = broadcast.event() == protocol::event::kPresence
        || broadcast.event() == protocol::event::kPresenceUpdate;
    if (!m_wantsDiffsOnly || !isOfOneUser)
        socket().deliver(broadcast);
}

} // namespace presence::channels
