// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/usertopic.h"

#include "server/bus/events.h"

namespace presence::hub {

void UserTopic::received(const QByteArray &payload)
{
    const auto event = bus::UserEvent::from(payload);
    if (!event || event->revision <= m_revision)
        return;
    m_revision = event->revision;
    broadcast(protocol::event::kStatusUpdate, event->json);
}

void SelfTopic::received(const QByteArray &payload)
{
    broadcast({}, payload);
}

} // namespace presence::hub
