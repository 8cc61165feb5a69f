// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/hub.h"
#include "tests/support/storefixture.h"

#include <QRandomGenerator>

namespace presence::test {

using namespace std::chrono_literals;

inline const WorkspaceId kAcme("acme");
inline const WorkspaceId kBeta("beta");

/// Another shard or node: a subscription and a hub of its own.
struct Node
{
    Node(StoreFixture &fixture, rules::PresenceTracker &tracker, rules::ChannelPresence &channels)
        : subscriber(fixture.server.deployment()), bus(subscriber),
          hub(bus, fixture.keys,
              {[&tracker](const UserId &id, Callback<bus::UserEvent> done) {
                   tracker.readSeen(id, std::move(done));
               },
               [&tracker](const WorkspaceId &id, Callback<Roster> done) {
                   tracker.readWorkspace(id, std::move(done));
               },
               [&channels](const ChannelId &id, Callback<Roster> done) {
                   channels.readChannel(id, std::move(done));
               }},
              {10ms, 1s})
    {
        // As in a shard of the daemon.
        QObject::connect(&fixture.redis, &redis::Client::ready, &bus, &bus::EventBus::invalidate);
    }

    redis::Subscriber subscriber;
    bus::EventBus bus;
    hub::Hub hub;
};

/// Something happens to one of 15 users with two devices each.
inline void change(rules::PresenceTracker &tracker, QRandomGenerator &random)
{
    const auto ignored = [](const auto &) {};
    const UserId user("u" + QByteArray::number(random.bounded(15)));
    const DeviceId device("d" + QByteArray::number(random.bounded(2)));
    const SessionId session("s-" + device.bytes());
    switch (random.bounded(4)) {
    case 0:
        return tracker.disconnect({.user = user, .id = session}, QSet<ChannelId>(), 0ms, ignored);
    case 1: {
        const auto status = static_cast<Status>(random.bounded(5));
        return tracker.setStatus(user, {.status = status}, ignored);
    }
    default: {
        const WorkspaceId &workspace = random.bounded(4) == 0 ? kBeta : kAcme;
        return tracker.announce(
            {.user = user, .device = device, .id = session, .workspace = workspace}, ignored);
    }
    }
}

/// Rows of "seed" and "losesPubSub".
inline void addStorms()
{
    QTest::addColumn<quint32>("seed");
    QTest::addColumn<bool>("losesPubSub");
    for (quint32 seed = 1; seed <= 6; ++seed) {
        QTest::addRow("seed %u", seed) << seed << false;
        QTest::addRow("seed %u, subscriptions lost", seed) << seed << true;
    }
}

} // namespace presence::test
