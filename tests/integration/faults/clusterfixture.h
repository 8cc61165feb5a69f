// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/integration/faults/load.h"
#include "tests/integration/faults/observer.h"
#include "tests/support/daemonprocess.h"
#include "tests/support/redisdeployment.h"

#include <memory>
#include <vector>

namespace presence::test {

/// Two nodes on a Redis, a load that changes and observers, until something breaks and after it.
/// FAULT_CLIENTS and FAULT_CHANGES (a second) say how much.
class ClusterFixture
{
public:
    using Environment = DaemonProcess::Environment;

    explicit ClusterFixture(RedisDeployment::Kind kind, RedisServer::Options options = {},
                            RedisDeployment::Failover failover
                            = RedisDeployment::Failover::OnRequest);

    /// `environment` is of all nodes; `places` of one each.
    [[nodiscard]] bool start(const Environment &environment = {},
                             const std::vector<Environment> &places = {});

    /// Changes go well, so many in a row.
    bool isHealthy() const;

    /// What was acknowledged and has got to the replicas.
    QHash<QString, int> confirmed();

    /// What the service says of each user; -1 of one who is offline. Empty when it refuses.
    QHash<QString, int> said() const;

    /// What an observer holds that the service does not say; empty when all agree.
    QString difference() const;

    /// What observers were told that never was.
    QStringList faults() const;
    int setbacks() const;
    int dropped() const; ///< clients of all kinds
    qint64 memory() const; ///< KB that are resident, of all nodes

    RedisDeployment redis;
    std::vector<std::unique_ptr<DaemonProcess>> nodes;
    std::unique_ptr<Load> load;
    std::vector<std::unique_ptr<Observer>> observers;
};

/// What a fault may do.
struct Allowed
{
    bool mayRefuse = true;
    bool mayGoBack = false; ///< Redis takes back what it had acknowledged
    /// ms that a client may wait for an answer: twice what a command may take, on a busy machine.
    int slowest = 10'500;
};

/// Has `fault` happen under load; it returns when Redis itself is healthy again. Then all must be
/// true again, nothing may be lost that Redis kept, and nobody may have been told what never was.
/// Says what it took. A QtTest failure when something is wrong.
void play(ClusterFixture &fixture, const char *name, const Allowed &allowed,
          const std::function<bool()> &fault);

[[nodiscard]] bool waitFor(const std::function<bool()> &isSo);

} // namespace presence::test
