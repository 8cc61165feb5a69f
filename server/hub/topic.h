// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/eventbus.h"
#include "server/hub/receiver.h"

#include <QSet>

namespace presence::hub {

/// One topic with the receivers that a shard has on it. Listens to one Pub/Sub channel while it
/// exists; the Hub makes it for the first receiver and drops it after the last.
class Topic : public bus::EventListener
{
public:
    /// `name` as clients join it, `channel` its Pub/Sub channel.
    Topic(bus::EventBus &bus, QByteArray name, QByteArray channel);
    ~Topic() override;
    Q_DISABLE_COPY_MOVE(Topic)

    const QByteArray &name() const { return m_name; }

    virtual void join(Receiver &receiver) { m_receivers.insert(&receiver); }
    virtual void leave(Receiver &receiver) { m_receivers.remove(&receiver); }
    qsizetype size() const { return m_receivers.size(); }

protected:
    void broadcast(const QByteArray &event, const QByteArray &payload) const;

private:
    bus::EventBus &m_bus;
    QByteArray m_name;
    QByteArray m_channel;
    QSet<Receiver *> m_receivers;
};

} // namespace presence::hub
