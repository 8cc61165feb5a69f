// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/hub/hub.h"

namespace presence::channels::test {

using namespace std::chrono_literals;

inline const UserId kAnna("anna");
inline const UserId kBob("bob");
inline const UserId kCarl("carl");

/// Nobody listens there.
inline redis::Deployment nowhere()
{
    return redis::Endpoint::parse(QStringLiteral("unix:///nowhere/redis.sock")).value();
}

/// A hub whose users are what the test says, and whose subscriptions are acknowledged at once.
/// Reads are answered when the test says so.
struct HubFixture
{
    explicit HubFixture(hub::RosterTimes times = {10ms, 1s})
        : hub(bus, keys,
              {[this](const UserId &user, Callback<bus::UserEvent> done) {
                   reads.insert(user, std::move(done));
               },
               [](const WorkspaceId &, const Callback<Roster> &done) { done(Roster{}); },
               [](const ChannelId &, const Callback<Roster> &done) { done(Roster{}); }},
              times)
    {
    }

    static QByteArray json(const UserId &user, const QByteArray &status, quint64 revision)
    {
        return "{\"user_id\":\"" + user.bytes() + "\",\"status\":\"" + status
            + "\",\"last_seen\":1,\"revision\":" + QByteArray::number(revision) + '}';
    }

    /// Redis acknowledges the subscription to the user's changes.
    void acknowledge(const UserId &user) { Q_EMIT subscriber.subscribed(keys.userEvents(user)); }

    /// The read under way ends.
    void answer(const UserId &user, const QByteArray &status, quint64 revision,
                const QByteArray &places = {})
    {
        reads.take(user)(bus::UserEvent{revision, json(user, status, revision), places});
    }

    /// A subscription that is in effect, and the state after it.
    void know(const UserId &user, const QByteArray &status, quint64 revision)
    {
        acknowledge(user);
        answer(user, status, revision);
    }

    /// Another node publishes a change.
    void publish(const UserId &user, const QByteArray &status, quint64 revision)
    {
        Q_EMIT subscriber.message(keys.userEvents(user),
                                  QByteArray::number(revision) + '\n'
                                      + json(user, status, revision));
    }

    /// The user is shown in other workspaces, and otherwise as before.
    void publishMove(const UserId &user)
    {
        Q_EMIT subscriber.message(keys.userEvents(user), bus::UserEvent::kMoved);
    }

    redis::KeySpace keys;
    redis::Subscriber subscriber{nowhere()};
    bus::EventBus bus{subscriber};
    QHash<UserId, Callback<bus::UserEvent>> reads; ///< under way
    hub::Hub hub;
};

} // namespace presence::channels::test
