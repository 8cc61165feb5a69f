// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/stories/model.h"

#include <QJsonObject>
#include <QString>

namespace presence::test {

/// One thing that happens. What of it counts depends on the kind.
struct Step
{
    enum class Kind {
        Join,
        Close,
        Drop,
        SetStatus,
        RestStatus,
        StartTyping,
        StopTyping,
        View,
        Leave,
        SetIdle,
        Heartbeat,
        SignOff,
        Advance,
        KillNode,
        StartNode,
        DrainNode,
        CutNode, ///< its connections to Redis break; it finds Redis again at once
        RestartRedis,
        Evict, ///< a key of Redis, by a server that is short of memory
        MoveWatcher,
    };
    Kind kind = Kind::Advance;
    std::string user;
    std::string device;
    std::string workspace;
    std::string channel;
    int node = 0; ///< MoveWatcher: the watcher is `watcher`
    int watcher = 0;
    std::string key; ///< as on a single server
    std::optional<bool> idle;
    Wish wish;
    Ms time = 0;

    /// Whether it is done over the WebSocket of a device.
    bool isByClient() const;
    QString toString() const;
};

/// As the body of a set_status.
QJsonObject toJson(const Wish &wish);

} // namespace presence::test
