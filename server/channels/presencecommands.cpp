// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a client may ask of its PresenceChannel; presencechannel.cpp has the device's life.
#include "server/channels/phoenixsocket.h"
#include "server/channels/presencechannel.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/presencejson.h"
#include "shared/protocol/requests.h"

#include <QJsonArray>

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;

void PresenceChannel::setStatus(const Message &message)
{
    const auto change = protocol::parseStatusChange(message.payload);
    if (!change)
        return replyError(message, change.error());
    // Hidden before the change is sent, shown only after it was accepted.
    if (hides(change->status))
        setHidden(true);
    socket().services().tracker.setStatus(
        m_user, *change, [weak = weak_from_this(), message](const Result<rules::UserStep> &step) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (self)
                self->statusSet(message, step);
        });
}

void PresenceChannel::statusSet(const Message &message, const Result<rules::UserStep> &step)
{
    if (!step) {
        pushState();
        return replyError(message, step.error());
    }
    setHidden(hides(step->status));
    reply(message);
}

std::optional<ChannelId> PresenceChannel::channelOf(const Message &message)
{
    const auto channel
        = protocol::parseId<ChannelId>(message.payload["channel_id"_L1], "channel_id"_L1);
    if (!channel) {
        replyError(message, channel.error());
        return std::nullopt;
    }
    if (!socket().caller().mayEnter(*channel)) {
        replyError(message, {ErrorCode::Forbidden, u"unauthorized"_s});
        return std::nullopt;
    }
    return *channel;
}

void PresenceChannel::typingStart(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel)
        return;
    if (m_device->isHidden)
        return reply(message);
    if (m_typing.size() >= limits::kMaxViewedChannels)
        m_typing.clear(); // Only to be polite at the end; each stops by itself.
    m_typing.insert(*channel);
    socket().services().typing.startTyping(m_user, *channel, replyingOk(message));
}

void PresenceChannel::typingStop(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel)
        return;
    m_typing.remove(*channel);
    socket().services().typing.stopTyping(m_user, *channel, replyingOk(message));
}

void PresenceChannel::joinChannel(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel)
        return;
    if (m_device->viewed.size() >= limits::kMaxViewedChannels
        && !m_device->viewed.contains(*channel))
        return replyError(message, {ErrorCode::RateLimited, u"too many channels"_s});
    m_device->viewed.insert(*channel);
    if (m_device->isHidden)
        return reply(message);
    socket().services().viewers.joinChannel(m_user, m_device->session, *channel,
                                            replyingOk(message));
}

void PresenceChannel::leaveChannel(const Message &message)
{
    const auto channel = channelOf(message);
    if (!channel)
        return;
    m_device->viewed.remove(*channel);
    socket().services().viewers.leaveChannel(m_user, m_device->session, *channel,
                                             replyingOk(message));
}

void PresenceChannel::getOnlineUsers(const Message &message)
{
    constexpr int kDefaultLimit = 100;
    if (!m_device->workspace)
        return replyError(message, {ErrorCode::Invalid, u"joined without a workspace"_s});
    const auto page = protocol::parsePage(message.payload["limit"_L1], message.payload["offset"_L1],
                                          kDefaultLimit);
    if (!page)
        return replyError(message, page.error());
    socket().services().tracker.getOnlineUsers(
        *m_device->workspace, page->limit, page->offset,
        replying<OnlinePage>(message,
                             [](const OnlinePage &rows) { return protocol::toJson(rows); }));
}

static QJsonObject toUsers(const std::vector<UserPresence> &presences)
{
    QJsonArray users;
    for (const UserPresence &presence : presences)
        users.append(protocol::toBulkRow(presence));
    return {{"users"_L1, users}};
}

void PresenceChannel::getPresence(const Message &message)
{
    const auto users = protocol::parseUserIds(message.payload, limits::kMaxBulk);
    if (!users)
        return replyError(message, users.error());
    socket().services().tracker.getBulkPresence(
        *users, Viewer::Other, replying<std::vector<UserPresence>>(message, toUsers));
}

void PresenceChannel::watch(const Message &message)
{
    const auto users = protocol::parseUserIds(message.payload, limits::kMaxWatched);
    if (!users)
        return replyError(message, users.error());
    if (!m_watched)
        m_watched = std::make_unique<WatchList>(
            socket().services().hub, limits::kMaxWatched,
            [this](const QByteArray &update) { push(protocol::event::kPresenceUpdate, update); });
    if (!m_watched->add(*users))
        return replyError(message, {ErrorCode::RateLimited, u"watching too many users"_s});
    // Watching before reading: a change in between comes twice rather than not at all.
    socket().services().tracker.getBulkPresence(
        *users, Viewer::Other, replying<std::vector<UserPresence>>(message, toUsers));
}

void PresenceChannel::unwatch(const Message &message)
{
    const auto users = protocol::parseUserIds(message.payload, limits::kMaxWatched);
    if (!users)
        return replyError(message, users.error());
    if (m_watched)
        m_watched->remove(*users);
    reply(message);
}

} // namespace presence::channels
