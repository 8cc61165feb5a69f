// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/topic.h"

#include <algorithm>

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

void Topic::join(Receiver &receiver)
{
    if (!m_isReady) {
        m_waiting.append(&receiver);
        return;
    }
    welcome(receiver);
    m_receivers.append(&receiver);
}

void Topic::leave(Receiver &receiver)
{
    for (Receivers *list : {&m_waiting, &m_receivers}) {
        const auto at = std::find(list->begin(), list->end(), &receiver);
        if (at == list->end())
            continue;
        *at = list->last();
        list->removeLast();
    }
}

void Topic::setReady()
{
    if (std::exchange(m_isReady, true))
        return;
    for (Receiver *receiver : std::exchange(m_waiting, {}))
        join(*receiver);
}

void Topic::broadcast(const QByteArray &event, const QByteArray &payload,
                      const QByteArray &subject) const
{
    const Broadcast message(m_name, event, payload, subject);
    for (qsizetype i = 0; i < m_receivers.size(); ++i)
        m_receivers[i]->deliver(message);
}

} // namespace presence::hub
