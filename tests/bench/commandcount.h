// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/redis/client.h"

#include <optional>

namespace presence::bench {

/// Counts the commands that a Redis server has run. Lives on one thread.
class CommandCount
{
public:
    /// Connects when it is needed. Without a `url` that is one of a Redis it counts none.
    explicit CommandCount(const QString &url);

    struct Counts
    {
        qint64 scripts = 0; ///< EVAL, EVALSHA and FCALL
        qint64 all = 0; ///< with those that scripts made
    };
    /// Runs the event loop until Redis has answered. Zeros when it did not.
    Counts read();

private:
    QString m_url;
    std::optional<redis::Client> m_client;
};

} // namespace presence::bench
