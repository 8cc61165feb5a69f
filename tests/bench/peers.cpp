// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The same for a peer: peers/server.mjs, which does heartbeats and fan-out and no more.
#include "tests/bench/deliveries.h"
#include "tests/bench/plainclients.h"
#include "tests/bench/rows.h"

#include <QUrl>

namespace presence::bench {

using namespace Qt::StringLiterals;

static constexpr int kClients = 1000;
static constexpr int kHeartbeats = 50; ///< of a client

/// A peer as it is measured: as one of many clients, with its own texts.
struct Peer
{
    QString column;
    QByteArray heartbeat;
    QByteArray change;
};

static Peer peerAt(bool isSocketIo)
{
    static constexpr char kStatus[] = R"({"status":"busy","custom_message":"change 100"}])";
    if (isSocketIo)
        return {u"`socket.io` on Node, µs"_s, R"(42["heartbeat","100001"])",
                QByteArray(R"(42["set_status",)") + kStatus};
    return {u"`ws` on Node, µs"_s, R"([null,"100001","phoenix","heartbeat",{}])",
            QByteArray(R"(["1","100001","presence:load-0","set_status",)") + kStatus};
}

/// In us of the peer, each.
static double heartbeatCost(Bench &bench, PlainClients &clients, int count, const QByteArray &text)
{
    const int messages = count * kHeartbeats;
    Window window(messages, 64, [&](int i) { clients.send(i % count, text); });
    clients.setReceived([&](int, int) { window.done(); });
    const Cost cost(bench);
    if (!window.run())
        bench.fault("a reply is missing");
    clients.setReceived({});
    return cost.daemon(messages);
}

/// As above, a delivery.
static double deliveryCost(Bench &bench, PlainClients &clients, int count, const QByteArray &text)
{
    const Deliveries::Plan plan{bench.options().scaled(400), count, 4};
    Deliveries deliveries(plan, [&](int message) { clients.send(message % count, text); });
    clients.setReceived([&](int, int message) { deliveries.delivered(message); });
    const Cost cost(bench);
    if (!deliveries.run())
        bench.fault("a delivery is missing");
    clients.setReceived({});
    return cost.daemon(deliveries.count());
}

void measurePeer(Bench &bench)
{
    const auto address = parseAddress(bench.options().peer);
    const QUrl url(bench.options().peer);
    const bool isSocketIo = url.path().startsWith("/socket.io"_L1);
    const int count = bench.options().scaled(kClients);
    const QByteArray target = url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority);
    PlainClients clients(bench, count, ClientSocket::upgrade(target, "127.0.0.1"), isSocketIo);
    if (!address || !clients.connectTo(*address))
        return bench.fault("no connection to the peer");
    const Peer peer = peerAt(isSocketIo);
    // A first time for its compiler.
    heartbeatCost(bench, clients, count, peer.heartbeat);
    bench.figure(u"heartbeat"_s, peer.column, heartbeatCost(bench, clients, count, peer.heartbeat));
    deliveryCost(bench, clients, count, peer.change);
    bench.figure(u"fanout4"_s, peer.column, deliveryCost(bench, clients, count, peer.change));
}

} // namespace presence::bench
