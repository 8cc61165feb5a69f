// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/strongid.h"

namespace presence::rules {

/// Where a change of a user comes from, for the list of its changes and its history.
struct Origin
{
    QByteArray by; ///< "operator:ID" or "service:ID"; empty: the user itself
    SessionId session; ///< of a WebSocket that says it; empty: none
    DeviceId device; ///< of the session

    /// As origin_of() in resources/lua/user/lib.lua; empty when nothing is known.
    QByteArray toText() const
    {
        if (by.isEmpty() && session.isEmpty())
            return {};
        const QByteArray where = session.bytes().split('-').first() + ' ' + device.bytes();
        return by.isEmpty() ? where : where + ' ' + by;
    }
};

} // namespace presence::rules
