// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// WorkspaceTopic and ChannelTopic: what each adds to a roster.
#include "server/bus/events.h"
#include "server/hub/rostertopic.h"
#include "shared/protocol/json.h"

#include <QJsonDocument>

namespace presence::hub {

using namespace Qt::StringLiterals;

WorkspaceTopic::WorkspaceTopic(bus::EventBus &bus, const WorkspaceId &workspace, QByteArray channel,
                               RosterSource source, RosterTimes times)
    : RosterTopic(bus, "workspace:" + workspace.bytes(), std::move(channel), std::move(source),
                  times),
      m_workspace(workspace)
{
}

void WorkspaceTopic::received(const QByteArray &payload)
{
    const auto event = bus::WorkspaceEvent::from(payload);
    if (!event)
        return;
    if (isNext(event->sequence, payload))
        set(event->user, event->meta);
    else if (event->meta.isEmpty())
        setAbsent(event->user);
}

void WorkspaceTopic::announce(const QList<RosterState::Change> &changes)
{
    const QByteArray end = sequenceTold() + '}';
    for (const RosterState::Change &change : changes) {
        const QJsonObject meta = QJsonDocument::fromJson(change.after).object();
        const QJsonObject update{{"user_id"_L1, change.user.toString()},
                                 {"workspace_id"_L1, m_workspace.toString()},
                                 {"status"_L1, meta["status"_L1].toString(u"offline"_s)},
                                 {"custom_message"_L1, QJsonValue(meta["custom_message"_L1])},
                                 {"emoji"_L1, QJsonValue(meta["emoji"_L1])},
                                 {"expires_at"_L1, QJsonValue(meta["expires_at"_L1])},
                                 {"kinds"_L1, meta["kinds"_L1].toArray()}};
        broadcast(protocol::event::kPresenceUpdate, protocol::toBytes(update).chopped(1) + end,
                  change.user.bytes());
    }
}

ChannelTopic::ChannelTopic(bus::EventBus &bus, const ChannelId &channel, QByteArray pubSubChannel,
                           RosterSource source, RosterTimes times)
    : RosterTopic(bus, "channel:" + channel.bytes(), std::move(pubSubChannel), std::move(source),
                  times)
{
}

void ChannelTopic::received(const QByteArray &payload)
{
    const auto event = bus::ChannelEvent::from(payload);
    if (!event)
        return;
    // Typing does not wait for the end of the window: what came before it goes first.
    if (event->kind == bus::ChannelEvent::Kind::Typing)
        flush();
    const bool isView = event->kind == bus::ChannelEvent::Kind::View;
    if (!isNext(event->sequence, payload)) {
        if (isView && event->meta.isEmpty())
            setAbsent(event->user);
        return;
    }
    if (isView)
        set(event->user, event->meta);
    else
        setTyping(event->user, event->isTyping);
}

static QByteArray action(const UserId &user, QByteArrayView what, const QByteArray &sequence)
{
    return "{\"user_id\":\"" + user.bytes() + "\",\"action\":\"" + what.toByteArray() + '"'
        + sequence + '}';
}

void ChannelTopic::setTyping(const UserId &user, bool isTyping)
{
    if (isTyping == m_typing.contains(user))
        return;
    if (isTyping)
        m_typing.insert(user);
    else
        m_typing.remove(user);
    broadcast(protocol::event::kTyping, action(user, isTyping ? "start" : "stop", nextSequence()));
}

void ChannelTopic::announce(const QList<RosterState::Change> &changes)
{
    for (const RosterState::Change &change : changes) {
        if (change.before.isEmpty() || change.after.isEmpty())
            broadcast(
                protocol::event::kPresence,
                action(change.user, change.after.isEmpty() ? "leave" : "join", sequenceTold()));
    }
}

void ChannelTopic::replaced(const Roster &roster)
{
    const auto before = m_typing;
    for (const UserId &user : before - roster.typing)
        setTyping(user, false);
    for (const UserId &user : roster.typing)
        setTyping(user, true);
}

void ChannelTopic::sendState(Receiver &receiver)
{
    QByteArrayList users;
    for (const UserId &user : std::as_const(m_typing))
        users.append('"' + user.bytes() + '"');
    std::ranges::sort(users);
    receiver.deliver(Broadcast(name(), protocol::event::kTypingState,
                               "{\"users\":[" + users.join(',') + ']' + sequenceTold() + '}'));
}

} // namespace presence::hub
