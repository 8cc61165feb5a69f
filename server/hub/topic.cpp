// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/topic.h"

#include "shared/core/reservedid.h"

#include <algorithm>

namespace presence::hub {

/// From how many on it costs less to look up than to search.
static constexpr qsizetype kMany = 64;

void Topic::Receivers::add(Receiver *receiver)
{
    m_list.append(receiver);
    if (m_positions) {
        m_positions->insert(receiver, m_list.size() - 1);
    } else if (m_list.size() >= kMany) {
        m_positions = std::make_unique<Positions>();
        for (qsizetype i = 0; i < m_list.size(); ++i)
            m_positions->insert(m_list[i], i);
    }
}

void Topic::Receivers::remove(Receiver *receiver)
{
    const auto found = m_positions
        ? m_positions->value(receiver, m_list.size())
        : std::find(m_list.cbegin(), m_list.cend(), receiver) - m_list.cbegin();
    if (found == m_list.size())
        return;
    // The last takes its place.
    Receiver *last = m_list.last();
    m_list[found] = last;
    m_list.removeLast();
    if (!m_positions)
        return;
    m_positions->insert(last, found);
    m_positions->remove(receiver);
}

Topic::Topic(bus::EventBus &bus, QByteArray name, QByteArray channel)
    : m_bus(bus), m_name(std::move(name)), m_channel(std::move(channel))
{
    if (!m_channel.isEmpty())
        m_bus.listen(m_channel, *this);
}

Topic::~Topic()
{
    if (!m_channel.isEmpty())
        m_bus.ignore(m_channel, *this);
}

void Topic::join(Receiver &receiver)
{
    if (!m_isReady) {
        if (!m_waiting)
            m_waiting = std::make_unique<Receivers>();
        m_waiting->add(&receiver);
        return;
    }
    sendSnapshot(receiver);
    m_receivers.add(&receiver);
}

void Topic::leave(Receiver &receiver)
{
    if (m_waiting)
        m_waiting->remove(&receiver);
    m_receivers.remove(&receiver);
}

void Topic::setReady()
{
    if (std::exchange(m_isReady, true))
        return;
    const auto waiting = std::move(m_waiting);
    for (qsizetype i = 0; waiting && i < waiting->size(); ++i)
        join(*(*waiting)[i]);
}

void Topic::broadcast(const QByteArray &event, const QByteArray &payload,
                      const QByteArray &subject) const
{
    const Broadcast message(m_name, event, payload, subject);
    for (qsizetype i = 0; i < m_receivers.size(); ++i)
        m_receivers[i]->deliver(message);
    if (!isOfReserved(m_name))
        m_bus.noteFanOut(m_receivers.size());
}

} // namespace presence::hub
