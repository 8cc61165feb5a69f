// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/seedcommands.h"

#include "tests/bench/window.h"

#include <QDateTime>

#include <algorithm>

namespace presence::bench {

using namespace Qt::StringLiterals;
using redis::Command;

using Commands = std::vector<Command>;

static constexpr int kUsersInWorkspace = 10;
static constexpr int kInFlight = 64;
static constexpr int kBulk = 100;
static constexpr char kTtl[] = "60";

/// A user as the Elixir service names it, "seed" before everything.
struct SeedUser
{
    explicit SeedUser(int number)
        : id("bench-" + QByteArray::number(number)), hash("seed:user:" + id),
          devices(hash + ":devices"),
          workspace("seed:online:w" + QByteArray::number(number / kUsersInWorkspace))
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

/// As many as the row has.
static int usersOf(SeedWork work)
{
    return work == SeedWork::Heartbeat ? 10'000 : work == SeedWork::Join ? 5'000 : 1'000;
}

static void add(Commands &commands, SeedWork work, int number, int users)
{
    const SeedUser user(number % users);
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
            addCount(commands, SeedUser((number * kBulk + i) % users));
    }
}

using Add = std::function<void(Commands &commands, int number)>;

/// Blocks until all are answered, so many units in a pipeline.
static void run(Bench &bench, redis::Client &client, int units, const Add &add,
                int together = kInFlight)
{
    Window window((units + together - 1) / together, 1, [&](int batch) {
        Commands commands;
        for (int i = batch * together; i < std::min(units, (batch + 1) * together); ++i)
            add(commands, i);
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
    const int users = usersOf(work);
    const auto once = [work](SeedWork what) {
        return [=](Commands &commands, int number) { add(commands, what, number, usersOf(work)); };
    };
    if (work != SeedWork::Join) { // they are there already
        run(bench, client, users, once(SeedWork::Join));
        run(bench, client, users, once(SeedWork::SetStatus));
    }
    const bool isBulk = work == SeedWork::BulkOf100;
    const int units = bench.options().scaled(work == SeedWork::Join ? users
                                                 : isBulk           ? 1'000
                                                                    : 64'000);
    const Cost cost(bench);
    run(bench, client, units, once(work), isBulk ? 1 : kInFlight);
    const double result = cost.redis(units);
    run(bench, client, users, [](Commands &commands, int number) {
        const SeedUser user(number);
        commands.push_back({"DEL", user.hash, user.devices, user.workspace});
    });
    return result;
}

} // namespace presence::bench
