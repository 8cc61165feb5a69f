// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/topic.h"

#include "shared/core/reservedid.h"

#include <utility>

namespace presence::hub {

/// From how many on it costs less to look up than to search.
static constexpr qsizetype kMany = 64;

/// There is one for each user that is connected.
static_assert(sizeof(Topic) <= 96);

void Topic::Receivers::add(Receiver *receiver)
{
    if (size() == 0) {
        m_only = receiver;
        return;
    }
    if (!m_many)
        m_many.reset(new Many{{std::exchange(m_only, nullptr)}, {}});
    m_many->list.append(receiver);
    if (!m_many->positions.isEmpty()) {
        place(m_many->list.size() - 1);
    } else if (m_many->list.size() >= kMany) {
        for (qsizetype i = 0; i < m_many->list.size(); ++i)
            place(i);
    }
}

void Topic::Receivers::place(qsizetype position)
{
    m_many->positions.insert(m_many->list[position], position);
}

void Topic::Receivers::remove(Receiver *receiver)
{
    if (m_only == receiver)
        m_only = nullptr;
    if (!m_many)
        return;
    auto &[list, positions] = *m_many;
    const bool isPlaced = !positions.isEmpty();
    const qsizetype found = isPlaced ? positions.value(receiver, -1) : list.indexOf(receiver);
    if (found < 0)
        return;
    // The last takes its place.
    list[found] = list.last();
    if (isPlaced) {
        place(found);
        positions.remove(receiver);
    }
    list.removeLast();
    if (list.isEmpty())
        m_many.reset();
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
