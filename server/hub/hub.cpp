// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/hub.h"

namespace presence::hub {

Hub::Hub(bus::EventBus &bus, const redis::KeySpace &keys, RosterSources sources,
         std::chrono::milliseconds window)
    : m_bus(bus), m_keys(keys), m_sources(std::move(sources)), m_window(window)
{
}

Hub::~Hub() = default;

template <typename Make>
Topic &Hub::join(const QByteArray &name, Receiver &receiver, Make make)
{
    Entry &entry = m_topics[name];
    if (!entry.topic)
        entry.topic = make();
    ++entry.receivers;
    entry.topic->join(receiver);
    return *entry.topic;
}

Topic &Hub::joinUser(const UserId &user, Receiver &receiver)
{
    const QByteArray name = "user:" + user.bytes();
    return join(name, receiver,
                [&] { return std::make_unique<UserTopic>(m_bus, name, m_keys.userEvents(user)); });
}

Topic &Hub::joinSelf(const UserId &user, Receiver &receiver)
{
    const QByteArray name = "self:" + user.bytes();
    return join(name, receiver,
                [&] { return std::make_unique<SelfTopic>(m_bus, name, m_keys.selfEvents(user)); });
}

Topic &Hub::joinWorkspace(const WorkspaceId &workspace, Receiver &receiver)
{
    return join("workspace:" + workspace.bytes(), receiver, [&] {
        return std::make_unique<WorkspaceTopic>(
            m_bus, workspace, m_keys.workspaceEvents(workspace),
            [this, workspace](Callback<Roster> done) {
                m_sources.workspace(workspace, std::move(done));
            },
            m_window);
    });
}

Topic &Hub::joinChannel(const ChannelId &channel, Receiver &receiver)
{
    return join("channel:" + channel.bytes(), receiver, [&] {
        return std::make_unique<ChannelTopic>(
            m_bus, channel, m_keys.channelEvents(channel),
            [this, channel](Callback<Roster> done) { m_sources.channel(channel, std::move(done)); },
            m_window);
    });
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
