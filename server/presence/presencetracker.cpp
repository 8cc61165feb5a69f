// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/presencetracker.h"

#include "server/bus/events.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Enters a member in an index as due at once, before the change that it is to watch over: if the
/// node dies in between, the sweeper looks after it. The change then sets the real time.
static Command watchOver(const char *index, const QByteArray &member)
{
    return {"ZADD", index, "NX", "1", member};
}

static auto ignored()
{
    return [](const auto &) {};
}

void PresenceTracker::heartbeat(const UserId &user, const DeviceId &device,
                                const SessionId &session,
                                const std::optional<WorkspaceId> &workspace,
                                Callback<UserStep> done)
{
    m_store.redis.command(KeySpace::kUserIndex, watchOver(KeySpace::kUserIndex, user.bytes()),
                          ignored());
    m_steps.run(m_store.scripts.userHeartbeat, user,
                {device.bytes(), workspace ? workspace->bytes() : ""_ba, session.bytes(),
                 number(m_store.config.maxDevices)},
                [=, this, done = std::move(done)](Result<UserStep> step) {
                    // Nothing new to show there, so the entry is only told that it is still true.
                    if (step && step->online && workspace && step->enter.empty())
                        refreshWorkspace(*workspace, {user});
                    done(std::move(step));
                });
}

void PresenceTracker::refreshWorkspace(const WorkspaceId &workspace,
                                       const std::vector<UserId> &users)
{
    const auto keys = m_store.keys.workspace(workspace);
    std::vector<QByteArray> arguments;
    for (const UserId &user : users)
        arguments.push_back(user.bytes());
    m_store.redis.eval(m_store.scripts.workspaceRefresh, {keys[0], keys[1]}, std::move(arguments),
                       [this](Result<Reply> reply) {
                           reply = accepted(std::move(reply));
                           if (!reply)
                               return;
                           for (const Reply &user : reply->elements())
                               repair(UserId(user.bytes()), [] {});
                       });
}

void PresenceTracker::disconnect(const UserId &user, const DeviceId &device,
                                 const SessionId &session, Callback<void> done)
{
    leave(user, device, session, m_store.config.offlineGrace, std::move(done));
}

void PresenceTracker::signOff(const UserId &user, const DeviceId &device, Callback<void> done)
{
    leave(user, device, {}, std::chrono::seconds(0),
          [=, this, done = std::move(done)](auto result) {
              tellOwnConnections(user, bus::SelfEvent::signOff(device).toBytes());
              done(std::move(result));
          });
}

void PresenceTracker::leave(const UserId &user, const DeviceId &device, const SessionId &session,
                            std::chrono::seconds grace, Callback<void> done)
{
    m_steps.run(m_store.scripts.userDisconnect, user,
                {device.bytes(), number(grace), session.bytes()},
                [done = std::move(done)](Result<UserStep> step) {
                    if (step)
                        done({});
                    else
                        done(Failure(step.error()));
                });
}

void PresenceTracker::tellOwnConnections(const UserId &user, const QByteArray &what)
{
    const QByteArray channel = m_store.keys.selfEvents(user);
    m_store.redis.command(channel, {"PUBLISH", channel, what}, ignored());
}

void PresenceTracker::setStatus(const UserId &user, const StatusChange &change,
                                Callback<UserStep> done)
{
    const auto text
        = [](const std::optional<QString> &value) { return value ? value->toUtf8() : ""_ba; };
    const auto action
        = [](const std::optional<QString> &value) { return value ? "set"_ba : "keep"_ba; };
    if (change.clearAfter)
        m_store.redis.command(KeySpace::kStatusExpiry,
                              watchOver(KeySpace::kStatusExpiry, user.bytes()), ignored());
    m_steps.run(m_store.scripts.userSetStatus, user,
                {toName(change.status).data(), text(change.customMessage),
                 action(change.customMessage), text(change.emoji), action(change.emoji),
                 number(change.clearAfter.value_or(std::chrono::seconds(0)))},
                [=, this, done = std::move(done)](Result<UserStep> step) {
                    if (!step)
                        return done(std::move(step));
                    const QByteArray score = number(step->expiresAt);
                    m_store.redis.command(
                        KeySpace::kStatusExpiry,
                        step->expiresAt > 0
                            ? Command{"ZADD", KeySpace::kStatusExpiry, score, user.bytes()}
                            : Command{"ZREM", KeySpace::kStatusExpiry, user.bytes()},
                        ignored());
                    tellOwnConnections(user, bus::SelfEvent::changed().toBytes());
                    done(std::move(step));
                });
}

void PresenceTracker::clearStatus(const UserId &user, Callback<UserStep> done)
{
    setStatus(user, {.status = Status::Online, .customMessage = QString(), .emoji = QString()},
              std::move(done));
}

void PresenceTracker::repair(const UserId &user, std::function<void()> done)
{
    m_steps.run(m_store.scripts.userSettle, user, {"1"_ba},
                [done = std::move(done)](const auto &) { done(); });
}

} // namespace presence::rules
