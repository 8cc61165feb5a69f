// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/transport/connectiontable.h"
#include "server/transport/flushqueue.h"
#include "server/transport/http/requesthandler.h"
#include "server/transport/transportconfig.h"
#include "server/transport/transportcounters.h"
#include "server/transport/unsent.h"
#include "server/transport/websocket/upgradehandler.h"

#include "server/eventloop/deadlinewheel.h"
#include "server/limits/limiter.h"
#include "server/transport/idleconnections.h"

namespace presence::transport {

/// What the connections of a shard share. Owned by the TransportServer, used on its thread; the
/// ports and the wheel outlive it. Members are destroyed last to first: the connections, which use
/// all the others, go first.
struct TransportContext
{
    static constexpr size_t kReadSize = 64 * 1024;

    const TransportConfig config;
    RequestHandler &requests;
    UpgradeHandler &upgrades;
    eventloop::DeadlineWheel &wheel;
    limits::Limiter &limiter;
    const TlsContext *tls = nullptr; ///< null: nothing is encrypted
    TransportCounters counters{};
    QObject pass{}; ///< what queued calls are bound to
    bool isDraining = false;
    /// What one read fills, whoever reads. Valid until the loop gets back to a descriptor.
    std::vector<char> readBuffer = std::vector<char>(kReadSize);
    FlushQueue flushQueue{};
    IdleConnections idle{}; ///< HTTP connections without a request in work
    UnsentShare::List unsent{};
    ConnectionTable connections{limiter};
};

} // namespace presence::transport
