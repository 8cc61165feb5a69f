// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/bus/eventbus.h"

namespace presence::admin {

/// What is published for other services: every change in the cluster. Subscribed to only while an
/// operator looks at events; the connection stays from then on. Belongs to one thread.
class PublicEvents
{
public:
    explicit PublicEvents(redis::Deployment deployment) : m_deployment(std::move(deployment)) { }

    bus::EventBus &bus()
    {
        if (!m_bus) {
            m_subscriber = std::make_unique<redis::Subscriber>(m_deployment,
                                                               redis::Subscriber::Kind::Classic);
            m_bus = std::make_unique<bus::EventBus>(*m_subscriber);
        }
        return *m_bus;
    }

    /// As Subscriber has them.
    void lookAgain()
    {
        if (m_subscriber)
            m_subscriber->lookAgain();
    }
    void renew()
    {
        if (m_subscriber)
            m_subscriber->renew();
    }

private:
    redis::Deployment m_deployment;
    std::unique_ptr<redis::Subscriber> m_subscriber;
    std::unique_ptr<bus::EventBus> m_bus;
};

} // namespace presence::admin
