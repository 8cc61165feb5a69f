// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/hub/broadcast.h"

#include "shared/protocol/phoenixcodec.h"

namespace presence::hub {

const QByteArray &Broadcast::frame(protocol::Vsn vsn, QByteArray (*wrap)(QByteArrayView)) const
{
    QByteArray &frame = m_frames[static_cast<size_t>(vsn)];
    if (frame.isEmpty())
        frame = wrap(protocol::encodePush(vsn, {}, {}, m_topic, m_event, m_payload));
    return frame;
}

const QByteArray &Broadcast::rest() const
{
    if (m_rest.isEmpty())
        m_rest = m_payload + ']';
    return m_rest;
}

} // namespace presence::hub
