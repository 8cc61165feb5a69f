// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/seedcommands.h"

#include "tests/bench/window.h"

#include <QDateTime>

namespace presence::bench {

using namespace Qt::StringLiterals;
using redis::Command;

using Commands = std::vector<Command>;

static constexpr int kUsers = 1000;
static constexpr int kWorkspaces = 100;
static constexpr int kInFlight = 64;
static constexpr int kBulk = 100;
static constexpr char kTtl[] = "60";

/// A user as the Elixir service names it, "seed" before everything.
struct SeedUser
{
    explicit SeedUser(int number)
        : id("bench-" + QByteArray::number(number % kUsers)), hash("seed:user:" + id),
          devices(hash + ":devices"),
          workspace("seed:online:w" + QByteArray::number(number % kWorkspaces))
    {
    }

    QByteArray id;
    QByteArray hash;
    QByteArray devices;
    QByteArray workspace;
};

static QByteArray now()
{
    return QByteArray::number(QDateTime::currentSecsSinceEpoch());
}

static void addHeartbeat(Commands &commands, const SeedUser &user)
{
    const QByteArray time = now();
    commands.push_back({"ZADD", user.devices, time, user.id + "-device"});
    commands.push_back({"EXPIRE", user.devices, kTtl});
    commands.push_back({"ZADD", user.workspace, time, user.id});
    commands.push_back({"HSET", user.hash, "last_seen", time});
    commands.push_back(
        {"PUBLISH", "seed:updates",
         R"({"user_id":")" + user.id + R"(","workspace_id":"w","timestamp":)" + time + '}'});
}

static void addGet(Commands &commands, const SeedUser &user)
{
    commands.push_back({"HGETALL", user.hash});
    commands.push_back({"ZRANGEBYSCORE", user.devices,
                        QByteArray::number(QDateTime::currentSecsSinceEpoch() - 60), "+inf",
                        "WITHSCORES"});
}

static void addSetStatus(Commands &commands, const SeedUser &user, int number)
{
    const QByteArray status = number % 2 == 0 ? "busy" : "away";
    commands.push_back({"HSET", user.hash, "status", status, "updated_at", now(), "custom_message",
                        "message " + QByteArray::number(number)});
    commands.push_back({"ZREM", "seed:status_expiry", user.id});
    commands.push_back({"PUBLISH", "seed:status",
                        R"({"user_id":")" + user.id + R"(","status":")" + status
                            + R"(","custom_message":"message","emoji":null})"});
}

static void addCount(Commands &commands, const SeedUser &user)
{
    commands.push_back({"HGETALL", user.hash});
    commands.push_back({"ZCOUNT", user.devices,
                        QByteArray::number(QDateTime::currentSecsSinceEpoch() - 60), "+inf"});
}

static void add(Commands &commands, SeedWork work, int number)
{
    const SeedUser user(number);
    switch (work) {
    case SeedWork::Join:
        addHeartbeat(commands, user);
        return addGet(commands, user);
    case SeedWork::Heartbeat:
        return addHeartbeat(commands, user);
    case SeedWork::SetStatus:
        return addSetStatus(commands, user, number);
    case SeedWork::Get:
        return addGet(commands, user);
    case SeedWork::BulkOf100:
        for (int i = 0; i < kBulk; ++i)
            addCount(commands, SeedUser(number * kBulk + i));
    }
}

/// Blocks until all are answered.
static void run(Bench &bench, redis::Client &client, SeedWork work, int units)
{
    const int together = work == SeedWork::BulkOf100 ? 1 : kInFlight;
    Window window(units / together, 1, [&](int batch) {
        Commands commands;
        for (int i = 0; i < together; ++i)
            add(commands, work, batch * together + i);
        client.pipeline("seed", std::move(commands), [&](const auto &replies) {
            if (!replies)
                bench.fault("the seed's commands failed");
            window.done();
        });
    });
    if (!window.run())
        bench.fault("the seed's commands came to a halt");
}

double seedCost(Bench &bench, SeedWork work)
{
    const auto endpoint = redis::Endpoint::parse(bench.options().redisUrl);
    if (!endpoint || !bench.redis().isThere())
        return 0;
    redis::Client client(*endpoint);
    run(bench, client, SeedWork::Join, kUsers);
    run(bench, client, SeedWork::SetStatus, kUsers);
    const int units = bench.options().scaled(work == SeedWork::BulkOf100 ? 1000 : 64'000);
    const Cost cost(bench);
    run(bench, client, work, units);
    return cost.redis(units);
}

} // namespace presence::bench
