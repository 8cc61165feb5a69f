// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/hub.h"

namespace presence::hub {

using namespace std::chrono_literals;

/// Between two attempts to read users while Redis is away.
static constexpr auto kUserReadRetry = 500ms;

Hub::Hub(bus::EventBus &bus, const redis::KeySpace &keys, Sources sources, RosterTimes times)
    : m_bus(bus), m_keys(keys), m_sources(std::move(sources)), m_times(times)
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(kUserReadRetry);
    QObject::connect(&m_retry, &QTimer::timeout, &m_retry, [this] { readAgain(); });
}

Hub::~Hub() = default;

template <typename MakeTopic>
Topic &Hub::join(const QByteArray &name, Receiver &receiver, MakeTopic make)
{
    Entry &entry = m_topics[name];
    if (!entry.topic)
        entry.topic = make();
    ++entry.receivers;
    entry.topic->join(receiver);
    return *entry.topic;
}

UserTopic &Hub::joinUser(const UserId &user, Receiver &receiver)
{
    const QByteArray name = UserTopic::nameOf(user);
    return static_cast<UserTopic &>(join(name, receiver, [&] {
        return std::make_unique<UserTopic>(m_bus, name, m_keys.userEvents(user),
                                           [this, user] { return read(user); });
    }));
}

quint64 Hub::read(const UserId &user)
{
    const quint64 ticket = ++m_lastTicket;
    m_sources.user(
        user, [this, ticket, name = UserTopic::nameOf(user)](const Result<bus::UserEvent> &seen) {
            const auto found = m_topics.find(name);
            if (found == m_topics.end()
                || static_cast<UserTopic &>(*found->second.topic)
                       .taken(ticket, seen, m_times.collecting))
                return;
            m_unread.insert(name);
            if (!m_retry.isActive())
                m_retry.start();
        });
    return ticket;
}

void Hub::readAgain()
{
    for (const QByteArray &name : std::exchange(m_unread, {})) {
        const auto found = m_topics.find(name);
        if (found != m_topics.end())
            static_cast<UserTopic &>(*found->second.topic).read();
    }
}

Topic &Hub::joinUserControl(const UserId &user, Receiver &receiver)
{
    const QByteArray name = "self:" + user.bytes();
    return join(name, receiver, [&] {
        return std::make_unique<UserControlTopic>(m_bus, name, m_keys.controlEvents(user));
    });
}

Topic &Hub::joinWorkspace(const WorkspaceId &workspace, Receiver &receiver)
{
    return join("workspace:" + workspace.bytes(), receiver, [&] {
        return std::make_unique<WorkspaceTopic>(
            m_bus, workspace, m_keys.workspaceEvents(workspace),
            [this, workspace](Callback<Roster> done) {
                m_sources.workspace(workspace, std::move(done));
            },
            m_times);
    });
}

Topic &Hub::joinChannel(const ChannelId &channel, Receiver &receiver)
{
    return join("channel:" + channel.bytes(), receiver, [&] {
        return std::make_unique<ChannelTopic>(
            m_bus, channel, m_keys.channelEvents(channel),
            [this, channel](Callback<Roster> done) { m_sources.channel(channel, std::move(done)); },
            m_times);
    });
}

Topic &Hub::joinOther(const QByteArray &name, Receiver &receiver, const Make &make)
{
    return join(name, receiver, [&] { return make(m_bus); });
}

void Hub::leave(Topic &topic, Receiver &receiver)
{
    topic.leave(receiver);
    const auto found = m_topics.find(topic.name());
    Q_ASSERT(found != m_topics.end());
    if (--found->second.receivers == 0)
        m_topics.erase(found);
}

} // namespace presence::hub
