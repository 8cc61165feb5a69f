// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/bus/eventbus.h"

namespace presence::bus {

EventBus::EventBus(redis::Subscriber &subscriber, QObject *parent)
    : QObject(parent), m_subscriber(subscriber)
{
    connect(&subscriber, &redis::Subscriber::subscribed, this, [this](const QByteArray &channel) {
        if (EventListener *listener = m_listeners.value(channel))
            listener->listening();
    });
    connect(&subscriber, &redis::Subscriber::message, this,
            [this](const QByteArray &channel, const QByteArray &payload) {
                if (EventListener *listener = m_listeners.value(channel))
                    listener->received(payload);
            });
}

void EventBus::listen(const QByteArray &channel, EventListener &listener)
{
    m_listeners.insert(channel, &listener);
    m_subscriber.subscribe(channel);
}

void EventBus::ignore(const QByteArray &channel)
{
    if (m_listeners.remove(channel))
        m_subscriber.unsubscribe(channel);
}

void EventBus::distrust()
{
    // A listener that is told may end itself and others.
    for (const QByteArray &channel : m_listeners.keys()) {
        if (EventListener *listener = m_listeners.value(channel))
            listener->listening();
    }
}

} // namespace presence::bus
