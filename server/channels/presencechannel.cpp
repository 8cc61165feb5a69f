// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/presencechannel.h"

#include "server/bus/events.h"
#include "server/channels/phoenixsocket.h"
#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/presencejson.h"
#include "shared/protocol/requests.h"

#include <QRandomGenerator>

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;

static bool hides(Status status)
{
    return status == Status::Invisible || status == Status::Offline;
}

static void ignore(const Result<void> &) { }

PresenceChannel::PresenceChannel(PhoenixSocket &socket, const Message &join, UserId user)
    : Channel(socket, join), m_user(std::move(user))
{
}

PresenceChannel::~PresenceChannel()
{
    if (!m_device)
        return;
    auto &services = socket().services();
    services.hub.leave(*m_self, *this);
    for (const ChannelId &channel : std::as_const(m_typing))
        services.typing.stopTyping(m_user, channel, ignore);
    for (const ChannelId &channel : std::as_const(m_device->viewed))
        services.viewers.leaveChannel(m_user, m_device->session, channel, ignore);
    services.tracker.disconnect(m_user, m_device->device, m_device->session, ignore);
}

/// 32 hexadecimal digits.
static QByteArray generateId()
{
    std::array<quint32, 4> random;
    QRandomGenerator::system()->fillRange(random.data(), random.size());
    return QByteArray(reinterpret_cast<const char *>(random.data()), 16).toHex();
}

void PresenceChannel::join(const Message &message)
{
    DeviceId device(generateId());
    if (const QJsonValue given = message.payload["device_id"_L1];
        !given.isUndefined() && !given.isNull()) {
        const auto id = protocol::parseId<DeviceId>(given, "device_id"_L1);
        if (!id)
            return refuse(message, id.error());
        device = *id;
    }
    std::optional<WorkspaceId> workspace;
    if (const QJsonValue given = message.payload["workspace_id"_L1];
        !given.isUndefined() && !given.isNull()) {
        const auto id = protocol::parseId<WorkspaceId>(given, "workspace_id"_L1);
        if (!id)
            return refuse(message, id.error());
        if (!socket().caller().mayEnter(*id))
            return refuse(message, {ErrorCode::Forbidden, u"unauthorized"_s});
        workspace = *id;
    }
    start(message, std::move(device), std::move(workspace));
}

void PresenceChannel::start(const Message &message, DeviceId device,
                            std::optional<WorkspaceId> workspace)
{
    auto &services = socket().services();
    m_device = std::make_unique<rules::TrackedDevice>(
        m_user, std::move(device), SessionId(generateId()), std::move(workspace));
    m_self = &services.hub.joinSelf(m_user, *this);
    services.tracker.heartbeat(
        m_user, m_device->device, m_device->session, m_device->workspace,
        [weak = weak_from_this(), message](const Result<rules::UserStep> &step) {
            if (const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock()))
                self->started(message, step);
        });
}

void PresenceChannel::started(const Message &message, const Result<rules::UserStep> &step)
{
    auto &services = socket().services();
    (step ? services.metrics.heartbeatsOk : services.metrics.heartbeatsFailed).Increment();
    if (!step)
        return refuse(message, step.error());
    setHidden(hides(step->status));
    m_isJoined = true;
    services.heartbeats.track(*m_device);
    accept(message);
    pushState();
}

void PresenceChannel::pushState()
{
    socket().services().tracker.getPresence(
        m_user, Viewer::SelfOrAdmin,
        [weak = weak_from_this()](const Result<UserPresence> &presence) {
            const auto self = std::static_pointer_cast<PresenceChannel>(weak.lock());
            if (!self || !presence)
                return;
            self->setHidden(hides(presence->status));
            self->push(protocol::event::kPresenceState,
                       protocol::toBytes(protocol::toJson(*presence)));
        });
}

/// Hidden users look at nothing and type nothing, as far as others can see.
void PresenceChannel::setHidden(bool isHidden)
{
    if (isHidden == std::exchange(m_device->isHidden, isHidden))
        return;
    auto &services = socket().services();
    for (const ChannelId &channel : std::as_const(m_device->viewed)) {
        if (isHidden)
            services.viewers.leaveChannel(m_user, m_device->session, channel, ignore);
        else
            services.viewers.joinChannel(m_user, m_device->session, channel, ignore);
    }
    if (isHidden) {
        for (const ChannelId &channel : std::exchange(m_typing, {}))
            services.typing.stopTyping(m_user, channel, ignore);
    }
}

void PresenceChannel::deliver(const hub::Broadcast &broadcast)
{
    const auto event = bus::SelfEvent::from(broadcast.payload());
    if (!event)
        return;
    if (event->kind == bus::SelfEvent::Kind::Changed)
        pushState();
    else if (event->device == m_device->device) {
        // At once: a refresh before the client has closed would bring the device back.
        socket().services().heartbeats.forget(*m_device);
        socket().close(protocol::CloseCode::SignedOff);
    }
}

const QHash<QByteArray, PresenceChannel::Handler> &PresenceChannel::handlers()
{
    static const QHash<QByteArray, Handler> table{
        {"set_status", &PresenceChannel::setStatus},
        {"typing_start", &PresenceChannel::typingStart},
        {"typing_stop", &PresenceChannel::typingStop},
        {"join_channel", &PresenceChannel::joinChannel},
        {"leave_channel", &PresenceChannel::leaveChannel},
        {"get_online_users", &PresenceChannel::getOnlineUsers},
        {"get_presence", &PresenceChannel::getPresence},
        {"watch", &PresenceChannel::watch},
        {"unwatch", &PresenceChannel::unwatch}};
    return table;
}

void PresenceChannel::handle(const Message &message)
{
    // Before the join is answered it is not known whether the user hides.
    if (!m_isJoined)
        return replyError(message, {ErrorCode::NotFound, u"unmatched topic"_s});
    if (const Handler handler = handlers().value(message.event))
        (this->*handler)(message);
    else
        Channel::handle(message);
}

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
