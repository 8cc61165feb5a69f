// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// WorkspaceTopic and ChannelTopic: what each adds to a roster.
#include "server/bus/events.h"
#include "server/hub/rostertopic.h"
#include "shared/protocol/json.h"

#include <QStringBuilder>

namespace presence::hub {

using namespace Qt::StringLiterals;

WorkspaceTopic::WorkspaceTopic(bus::EventBus &bus, const WorkspaceId &workspace, QByteArray channel,
                               RosterSource source, RosterTimes times)
    : RosterTopic(bus, "workspace:" % workspace.bytes(), std::move(channel), std::move(source),
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

/// What others see of a user, members of JSON after a comma, in the meta that
/// resources/lua/workspace/put.lua has written, or of one that is not there any more.
static QByteArrayView viewIn(const QByteArray &meta)
{
    const qsizetype begin = meta.indexOf(",\"status\":");
    const qsizetype end = meta.lastIndexOf(",\"online_at\":");
    if (begin < 0 || end < begin)
        return R"(,"status":"offline","custom_message":null,"emoji":null,"expires_at":null,"kinds":[])";
    return QByteArrayView(meta).sliced(begin, end - begin);
}

void WorkspaceTopic::announce(const QList<RosterState::Change> &changes)
{
    const QByteArray end = sequenceTold() + '}';
    for (const RosterState::Change &change : changes) {
        const QByteArray update = "{\"user_id\":" % protocol::quoted(change.user.bytes())
            % ",\"workspace_id\":" % protocol::quoted(m_workspace.bytes()) % viewIn(change.after)
            % end;
        broadcast(protocol::event::kPresenceUpdate, update, change.user.bytes());
    }
}

ChannelTopic::ChannelTopic(bus::EventBus &bus, const ChannelId &channel, QByteArray pubSubChannel,
                           RosterSource source, RosterTimes times)
    : RosterTopic(bus, "channel:" % channel.bytes(), std::move(pubSubChannel), std::move(source),
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
