// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/limits/limits.h"

namespace presence::test {

/// For tests of something else, which do in a moment what takes clients a day.
inline limits::Limits unlimited()
{
    limits::Limits all;
    all.connectionMessages = {};
    all.user = {};
    all.address = {};
    all.deviceMoves = {};
    all.addressUnauthenticated = {};
    all.addressAccepts = {};
    return all;
}

} // namespace presence::test
