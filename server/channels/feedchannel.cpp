// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/feedchannel.h"

#include "server/channels/phoenixsocket.h"

namespace presence::channels {

FeedChannel::FeedChannel(PhoenixSocket &socket, const protocol::Message &join, Join joinHub)
    : Channel(socket, join), m_joinHub(std::move(joinHub))
{
}

FeedChannel::~FeedChannel()
{
    if (m_topic)
        socket().services().hub.leave(*m_topic, *this);
}

void FeedChannel::join(const protocol::Message &message)
{
    // The reply first: the hub may deliver the state from within.
    accept(message);
    m_topic = &m_joinHub(socket().services().hub, *this);
}

void FeedChannel::deliver(const hub::Broadcast &broadcast)
{
    socket().deliver(broadcast);
}

} // namespace presence::channels
