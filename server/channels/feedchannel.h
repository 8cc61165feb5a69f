// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/channels/channel.h"
#include "server/eventloop/deadlinewheel.h"
#include "server/hub/hub.h"

#include <functional>

namespace presence::channels {

/// A topic that only tells: `user:{id}`, `workspace:{id}`, `channel:{id}`. The join is answered
/// with the snapshot of the topic; then it passes on what the hub broadcasts.
///
/// Join param `presence`: "diff" for no message a user beside presence_diff.
class FeedChannel final : public Channel, private hub::Receiver
{
public:
    /// Joins the receiver to the hub's topic.
    using Join = std::function<hub::Topic &(hub::Hub &, hub::Receiver &)>;

    FeedChannel(PhoenixSocket &socket, const protocol::Message &join, Join joinHub);
    ~FeedChannel() override;

    const QByteArray &topic() const override;
    void join(const protocol::Message &message) override;

private:
    QByteArray owner() const override;
    void subscribed(const hub::Topic &topic, const QByteArray &state) override;
    void deliver(const hub::Broadcast &broadcast) override;

    /// A join that is not answered yet.
    struct Waiting
    {
        protocol::MessageHead message;
        Join joinHub;
        eventloop::Deadline deadline;
    };

    std::unique_ptr<Waiting> m_waiting;
    const hub::Topic *m_topic = nullptr; ///< null while m_waiting has its name
    bool m_wantsDiffsOnly = false;
};

} // namespace presence::channels
