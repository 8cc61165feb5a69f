// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/topic.h"

namespace presence::hub {

Topic::Topic(bus::EventBus &bus, QByteArray name, QByteArray channel)
    : m_bus(bus), m_name(std::move(name)), m_channel(std::move(channel))
{
    m_bus.listen(m_channel, *this);
}

Topic::~Topic()
{
    m_bus.ignore(m_channel);
}

void Topic::broadcast(const QByteArray &event, const QByteArray &payload) const
{
    const Broadcast message(m_name, event, payload);
    for (Receiver *receiver : m_receivers)
        receiver->deliver(message);
}

} // namespace presence::hub
