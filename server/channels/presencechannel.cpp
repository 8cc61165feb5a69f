// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/channels/presencechannel.h"

#include "server/bus/events.h"
#include "server/channels/phoenixsocket.h"
#include "shared/protocol/json.h"
#include "shared/protocol/presencejson.h"
#include "shared/protocol/requests.h"

#include <QRandomGenerator>

namespace presence::channels {

using namespace Qt::StringLiterals;
using protocol::Message;

bool PresenceChannel::hides(Status status)
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

} // namespace presence::channels
