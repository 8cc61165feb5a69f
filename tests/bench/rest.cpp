// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What REST requests cost.
#include "tests/bench/httpsocket.h"
#include "tests/bench/rows.h"

namespace presence::bench {

using namespace Qt::StringLiterals;

static constexpr int kSockets = 8;
static constexpr int kUsers = 1000; ///< that are online
static constexpr int kBulk = 100; ///< users in a request

/// Sends requests on several connections, one at a time on each, and blocks until all are
/// answered. `body` is checked by `isRight`.
static void exchange(Bench &bench, int requests, const std::function<QByteArray(int)> &request,
                     const std::function<bool(int, QByteArrayView)> &isRight)
{
    std::vector<std::unique_ptr<HttpSocket>> sockets(kSockets);
    std::vector<int> current(kSockets);
    std::vector<size_t> idle;
    Window window(requests, kSockets, [&](int number) {
        const size_t socket = idle.back();
        idle.pop_back();
        current[socket] = number;
        sockets[socket]->request(request(number));
    });
    for (size_t i = 0; i < sockets.size(); ++i) {
        sockets[i] = std::make_unique<HttpSocket>(
            [&idle, i] { idle.push_back(i); },
            [&, i](int status, QByteArrayView body) {
                if (status != 200 || !isRight(current[i], body))
                    bench.fault("answer " + QByteArray::number(status) + ' '
                                + (status == 0 ? body.toByteArray() : QByteArray()));
                idle.push_back(i);
                window.done();
            });
        sockets[i]->open(bench.options().daemons.value(0));
    }
    const auto areConnected = [&] { return idle.size() == sockets.size(); };
    if (!Bench::waitUntil(areConnected, std::chrono::seconds(5)) || !window.run())
        bench.fault("an answer is missing");
}

static QByteArray head(const Bench &bench, const QByteArray &start)
{
    return start + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "
        + Population::token(bench.options().secret, "bench", "service") + "\r\n";
}

static QByteArray quotedUser(const Population &population, int number)
{
    return '"' + population.userName(number % population.size()) + '"';
}

void measureRestGet(Bench &bench)
{
    Population population(bench, planOf(bench, kUsers));
    population.join();
    const int requests = bench.options().scaled(20'000);
    const QByteArray rest = head(bench, {}) + "\r\n";
    const Cost cost(bench);
    exchange(
        bench, requests,
        [&](int number) {
            const QByteArray user = population.userName(number % population.size());
            return "GET /api/presence/users/" + user + rest;
        },
        [&](int number, QByteArrayView body) {
            return body.startsWith("{\"user_id\":" + quotedUser(population, number) + ',')
                && body.contains(R"("status":"online")");
        });
    bench.figure(u"rest_get"_s, u"ours"_s, cost.daemon(requests));
    bench.figure(u"rest_get"_s, u"Redis"_s, cost.redis(requests));
    population.settle();
}

static QByteArray bulkRequest(const Bench &bench, const Population &population, int number)
{
    QByteArrayList users;
    for (int i = 0; i < kBulk; ++i)
        users.append(quotedUser(population, number * 7 + i));
    const QByteArray body = "{\"user_ids\":[" + users.join(',') + "]}";
    return head(bench, "POST /api/presence/bulk")
        + "Content-Type: application/json\r\nContent-Length: " + QByteArray::number(body.size())
        + "\r\n\r\n" + body;
}

/// All that were asked for, in that order, and no more.
static bool isRightBulk(const Population &population, int number, QByteArrayView body)
{
    static constexpr QByteArrayView kUser("\"user_id\":");
    qsizetype at = 0;
    for (int i = 0; i < kBulk; ++i) {
        at = body.indexOf(kUser, at);
        if (at < 0)
            return false;
        at += kUser.size();
        if (!body.sliced(at).startsWith(quotedUser(population, number * 7 + i)))
            return false;
    }
    return body.indexOf(kUser, at) < 0;
}

void measureRestBulk(Bench &bench)
{
    auto plan = planOf(bench, kUsers);
    plan.connections = std::max(plan.connections, kBulk);
    Population population(bench, plan);
    population.join();
    const int requests = bench.options().scaled(2000);
    std::vector<QByteArray> texts;
    for (int number = 0; number < requests; ++number)
        texts.push_back(bulkRequest(bench, population, number));
    const Cost cost(bench);
    exchange(
        bench, requests, [&](int number) { return texts[static_cast<size_t>(number)]; },
        [&](int number, QByteArrayView body) { return isRightBulk(population, number, body); });
    bench.figure(u"rest_bulk"_s, u"ours"_s, cost.daemon(requests));
    bench.figure(u"rest_bulk"_s, u"Redis"_s, cost.redis(requests));
    population.settle();
}

} // namespace presence::bench
