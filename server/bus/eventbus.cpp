// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/bus/eventbus.h"

namespace presence::bus {

EventBus::EventBus(redis::Subscriber &subscriber, QObject *parent)
    : QObject(parent), m_subscriber(subscriber)
{
    connect(&subscriber, &redis::Subscriber::subscribed, this, [this](const QByteArray &channel) {
        forEach(channel, [](EventListener &listener) { listener.subscribed(); });
    });
    connect(&subscriber, &redis::Subscriber::message, this,
            [this](const QByteArray &channel, const QByteArray &payload) {
                forEach(channel, [&payload](EventListener &each) { each.received(payload); });
            });
}

bool EventBus::isSubscribed(const QByteArray &channel, EventListener *listener) const
{
    return m_listeners.value(channel) == listener || m_others.contains(channel, listener);
}

/// A listener that is told may end itself and others.
template <typename Call>
void EventBus::forEach(const QByteArray &channel, Call call)
{
    EventListener *first = m_listeners.value(channel);
    if (!first)
        return;
    if (m_others.isEmpty())
        return call(*first);
    QList<EventListener *> listeners{first};
    listeners += m_others.values(channel);
    for (EventListener *listener : std::as_const(listeners)) {
        if (isSubscribed(channel, listener))
            call(*listener);
    }
}

void EventBus::listen(const QByteArray &channel, EventListener &listener)
{
    if (!m_listeners.contains(channel)) {
        m_listeners.insert(channel, &listener);
        return m_subscriber.subscribe(channel);
    }
    m_others.insert(channel, &listener);
    // If the subscription is not in effect, it is told again when it is.
    const auto tell = [this, channel, other = &listener] {
        if (isSubscribed(channel, other))
            other->subscribed();
    };
    QMetaObject::invokeMethod(this, tell, Qt::QueuedConnection);
}

void EventBus::ignore(const QByteArray &channel, EventListener &listener)
{
    if (m_others.remove(channel, &listener) > 0 || m_listeners.value(channel) != &listener)
        return;
    if (EventListener *other = m_others.take(channel)) {
        m_listeners[channel] = other;
        return;
    }
    m_listeners.remove(channel);
    m_subscriber.unsubscribe(channel);
}

void EventBus::invalidate()
{
    const QList<QByteArray> channels = m_listeners.keys();
    for (const QByteArray &channel : channels)
        forEach(channel, [](EventListener &listener) { listener.subscribed(); });
}

} // namespace presence::bus
