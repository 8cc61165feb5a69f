// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tests/support/storefixture.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace presence::test {

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

inline const UserId kUser("42");
inline const DeviceId kWeb("web:browser_123");
inline const DeviceId kPhone("mobile:ios_456");
inline const SessionId kSession("s1");
inline const SessionId kOtherSession("s2");
inline const WorkspaceId kAcme("acme");
inline const ChannelId kGeneral("7");

/// A UserPresence with its view taken apart.
struct ReadPresence : UserPresence
{
    explicit ReadPresence(UserPresence presence) : UserPresence(std::move(presence))
    {
        const QJsonObject json = QJsonDocument::fromJson('{' + view + '}').object();
        status = statusFromName(json["status"_L1].toString().toLatin1()).value_or(Status::Offline);
        customMessage = json["custom_message"_L1].toString();
        emoji = json["emoji"_L1].toString();
    }

    Status status;
    QString customMessage;
    QString emoji;
};

/// A PresenceTracker on a real Redis, whose calls wait for their answers.
struct TrackerFixture : StoreFixture
{
    explicit TrackerFixture(rules::PresenceConfig config) : StoreFixture(config), tracker(store) { }

    /// A session of the device is here.
    Result<rules::UserTransition> heartbeat(const UserId &user, const DeviceId &device,
                                            const std::optional<WorkspaceId> &workspace,
                                            const SessionId &session = kSession)
    {
        return wait<rules::UserTransition>([&](auto done) {
            tracker.announce(
                {.user = user, .device = device, .id = session, .workspace = workspace},
                std::move(done));
        });
    }

    Result<void> disconnect(const UserId &user, const SessionId &session = kSession)
    {
        return wait<void>([&](auto done) {
            tracker.disconnect({.user = user, .id = session}, QSet<ChannelId>(), 0ms,
                               std::move(done));
        });
    }

    Result<rules::UserTransition> setStatus(const UserId &user, const StatusChange &change)
    {
        return wait<rules::UserTransition>(
            [&](auto done) { tracker.setStatus(user, change, std::move(done)); });
    }

    ReadPresence get(const UserId &user, Viewer viewer = Viewer::Other)
    {
        return ReadPresence(wait<UserPresence>([&](auto done) {
                                tracker.getPresence(user, viewer, std::move(done));
                            }).value_or(UserPresence{}));
    }

    OnlinePage online(const WorkspaceId &workspace, int limit = 100, int offset = 0)
    {
        return wait<OnlinePage>([&](auto done) {
                   tracker.getOnlineUsers(
                       workspace, {.limit = limit, .offset = offset, .after = {}}, std::move(done));
               })
            .value_or(OnlinePage{});
    }

    /// A session of kUser that looks at kGeneral and types in it.
    bool enterGeneral(const SessionId &id)
    {
        const auto step = wait<rules::UserTransition>([&](auto done) {
            tracker.announce({.user = kUser,
                              .device = DeviceId("d-" + id.bytes()),
                              .id = id,
                              .workspace = kAcme,
                              .channels = {kGeneral}},
                             std::move(done));
        });
        rules::ChannelPresence channels(store);
        rules::TypingTracker typing(store);
        return step && wait<void>([&](auto done) {
                   channels.joinChannel({kUser, id, step->revision}, kGeneral, std::move(done));
               })
            && wait<void>([&](auto done) {
                   typing.startTyping(kUser, id, step->revision, kGeneral, std::move(done));
               });
    }

    rules::PresenceTracker tracker;
};

} // namespace presence::test
