// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/channels/channel.h"
#include "server/channels/watchlist.h"
#include "server/hub/hub.h"
#include "server/presence/heartbeatscheduler.h"

namespace presence::channels {

/// `presence:{user_id}`: a device of a user, live for as long as this channel is.
class PresenceChannel final : public Channel, private hub::Receiver
{
public:
    PresenceChannel(PhoenixSocket &socket, const protocol::Message &join, UserId user);
    ~PresenceChannel() override;

    void join(const protocol::Message &message) override;
    void handle(const protocol::Message &message) override;

private:
    using Handler = void (PresenceChannel::*)(const protocol::Message &);
    static const QHash<QByteArray, Handler> &handlers();

    void start(const protocol::Message &message, DeviceId device,
               std::optional<WorkspaceId> workspace);
    void started(const protocol::Message &message, const Result<rules::UserStep> &step);

    void setStatus(const protocol::Message &message);
    void statusSet(const protocol::Message &message, const Result<rules::UserStep> &step);
    void typingStart(const protocol::Message &message);
    void typingStop(const protocol::Message &message);
    void joinChannel(const protocol::Message &message);
    void leaveChannel(const protocol::Message &message);
    void getOnlineUsers(const protocol::Message &message);
    void getPresence(const protocol::Message &message);
    void watch(const protocol::Message &message);
    void unwatch(const protocol::Message &message);

    /// The channel that `message` is about, if the caller may enter it; else it is answered.
    std::optional<ChannelId> channelOf(const protocol::Message &message);
    void deliver(const hub::Broadcast &broadcast) override;
    /// Whether a user who chose `status` is not to be seen.
    static bool hides(Status status);
    void pushState();
    void setHidden(bool isHidden);

    UserId m_user;
    std::unique_ptr<rules::TrackedDevice> m_device;
    hub::Topic *m_self = nullptr;
    bool m_isJoined = false;
    QSet<ChannelId> m_typing;
    std::unique_ptr<WatchList> m_watched; ///< only when the client watches
};

} // namespace presence::channels
