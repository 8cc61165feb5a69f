// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/channels/channel.h"
#include "server/hub/hub.h"

#include <functional>

namespace presence::channels {

/// A topic that only tells: `user:{id}`, `workspace:{id}`, `channel:{id}`. Passes on what the hub
/// broadcasts.
class FeedChannel final : public Channel, private hub::Receiver
{
public:
    /// Joins the receiver to the hub's topic.
    using Join = std::function<hub::Topic &(hub::Hub &, hub::Receiver &)>;

    FeedChannel(PhoenixSocket &socket, const protocol::Message &join, Join joinHub);
    ~FeedChannel() override;

    void join(const protocol::Message &message) override;

private:
    void deliver(const hub::Broadcast &broadcast) override;

    Join m_joinHub;
    hub::Topic *m_topic = nullptr;
};

} // namespace presence::channels
