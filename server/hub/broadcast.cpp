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

const QByteArray &Broadcast::rest(protocol::Vsn vsn) const
{
    QByteArray &rest = m_rests[static_cast<size_t>(vsn)];
    if (rest.isEmpty())
        rest = m_payload + protocol::pushEnd(vsn);
    return rest;
}

} // namespace presence::hub
