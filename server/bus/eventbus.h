// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/subscriber.h"

#include <QHash>
#include <QObject>

#include <functional>

namespace presence::bus {

/// Receives what one Pub/Sub channel carries.
class EventListener
{
public:
    virtual ~EventListener() = default;
    /// The subscription is in effect; also again after each loss of the connection. Events before
    /// this moment may have been missed: read the state now.
    virtual void subscribed() = 0;
    virtual void received(const QByteArray &payload) = 0;
};

/// Subscribes a shard to the Pub/Sub channels that somebody on it listens to, and to no others.
/// Belongs to one thread.
class EventBus : public QObject
{
    Q_OBJECT
public:
    explicit EventBus(redis::Subscriber &subscriber, QObject *parent = nullptr);

    /// `listener` must call ignore() before it goes. Not from within a call of its own.
    void listen(const QByteArray &channel, EventListener &listener);
    void ignore(const QByteArray &channel, EventListener &listener);

    /// Told to how many receivers on this shard a topic has delivered something.
    using FanOutObserver = std::function<void(qsizetype)>;
    void setFanOutObserver(FanOutObserver observer) { m_fanOutObserver = std::move(observer); }
    void noteFanOut(qsizetype receivers) const
    {
        if (m_fanOutObserver)
            m_fanOutObserver(receivers);
    }

    /// What was read may have come from a server that is none any more: all listeners are told
    /// subscribed().
    void invalidate();

private:
    template <typename Call>
    void forEach(const QByteArray &channel, Call call);
    bool isSubscribed(const QByteArray &channel, EventListener *listener) const;

    redis::Subscriber &m_subscriber;
    FanOutObserver m_fanOutObserver;
    QHash<QByteArray, EventListener *> m_listeners;
    QMultiHash<QByteArray, EventListener *> m_others; ///< second ones, which are few
};

} // namespace presence::bus
