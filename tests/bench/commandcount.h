// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/client.h"

namespace presence::bench {

/// Counts the commands that a Redis server has run. Lives on one thread.
class CommandCount
{
public:
    explicit CommandCount(const redis::Endpoint &endpoint) : m_client(endpoint) { }

    struct Counts
    {
        qint64 scripts = 0; ///< EVAL and EVALSHA
        qint64 all = 0; ///< with those that scripts made
    };
    /// Runs the event loop until Redis has answered. Zeros when it did not.
    Counts read();

private:
    redis::Client m_client;
};

} // namespace presence::bench
