// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/usertransitions.h"

#include "server/redis/replies.h"
#include "shared/core/decimal.h"
#include "shared/core/logging.h"
#include "shared/core/logthrottle.h"
#include "shared/core/reservedid.h"

#include <QTimer>

#include <algorithm>

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;
using namespace std::chrono_literals;

/// A user that came or went so often within five minutes comes and goes again and again.
static constexpr int kFlapping = 6;
static constexpr auto kFlappingKept = 10min;

static std::vector<WorkspaceId> toWorkspaces(const Reply &reply)
{
    std::vector<WorkspaceId> workspaces;
    for (const Reply &element : reply.elements())
        workspaces.emplace_back(element.bytes());
    return workspaces;
}

static std::vector<std::pair<SessionId, QByteArray>> toLeaving(const Reply &reply)
{
    std::vector<std::pair<SessionId, QByteArray>> leaving;
    for (const auto &[session, channels] : redis::Pairs(reply))
        leaving.emplace_back(SessionId(session.bytes()), channels.bytes());
    return leaving;
}

/// Separated by spaces.
static std::vector<ChannelId> toChannels(const QByteArray &list)
{
    std::vector<ChannelId> channels;
    for (const QByteArray &channel : list.split(' ')) {
        if (!channel.isEmpty())
            channels.emplace_back(channel);
    }
    return channels;
}

static void noteBehind(const WorkspaceId &workspace, const QString &why)
{
    if (mayLog(u"A workspace is behind"_s))
        qCWarning(lcPresence) << "Workspace" << workspace << "is behind:" << why;
}

static std::optional<std::chrono::seconds> toEnd(qint64 seconds)
{
    if (seconds < 0)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

Result<UserTransition> UserTransition::from(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() < 14)
        return fail(ErrorCode::Internal, u"unexpected answer of a user script"_s);
    const auto more
        = [&fields](size_t i) { return i < fields.size() ? fields[i].bytes() : QByteArray(); };
    const auto status = statusFromName(fields[7].bytes());
    return UserTransition{
        .revision = fields[0].toInteger().value_or(0),
        .changed = fields[1].toInteger() != 0,
        .stays = fields[1].toInteger() == 2,
        .online = fields[2].toInteger() == 1,
        .view = fields[3].bytes(),
        .enter = toWorkspaces(fields[4]),
        .leave = toWorkspaces(fields[5]),
        .refused = toWorkspaces(fields[13]),
        .nextCheck = fields[6].toInteger().value_or(0),
        .status = status.value_or(Status::Online),
        .newEnd = toEnd(fields[8].toInteger().value_or(-1)),
        .announced = {.state = more(14),
                      .startedAt = Decimal::parse(more(15)).value_or(0),
                      .isIdle = fields.size() > 16 && fields[16].toInteger() == 1,
                      .takenOver = toChannels(more(17)),
                      .deadline = fields.size() > 18 ? fields[18].toInteger().value_or(0) : 0,
                      .before = more(19)},
        .published = fields[12].toInteger().value_or(0),
        .transitions = static_cast<int>(fields[10].toInteger().value_or(0)),
        .isUnconfirmed = fields[11].toInteger() == 1,
        .leaving = toLeaving(fields[9])};
}

void UserTransitions::change(const redis::Script &script, const UserId &user,
                             std::vector<QByteArray> arguments, DueQueue::Which which,
                             Callback<UserTransition> done)
{
    const bool isKept = m_store.keys.isOnOneServer() && which != DueQueue::Which::None;
    const QByteArray scheduled = isKept ? "0"_ba : m_due.schedule(user.bytes(), which);
    run(script, user, std::move(arguments), Due{.isKept = isKept},
        [this, isKept, user, scheduled, which,
         done = std::move(done)](Result<UserTransition> transition) {
            // Should the change have failed half way, the sweeper looks at once. And something else
            // may be due before the session that was announced, where the queue was lost.
            const bool isSoon = transition
                && (transition->isUnconfirmed || !transition->leaving.empty()
                    || (transition->nextCheck > 0
                        && transition->nextCheck < transition->announced.deadline));
            if (transition && !isKept && (DueQueue::needsReschedule(which) || isSoon))
                m_due.reschedule(user.bytes(), scheduled, transition->nextCheck);
            done(std::move(transition));
        });
}

void UserTransitions::check(const UserId &user, std::vector<QByteArray> arguments,
                            const QByteArray &due, Callback<UserTransition> done)
{
    const bool isOnOneServer = m_store.keys.isOnOneServer();
    const bool isKept = isOnOneServer && !due.isEmpty();
    if (isKept)
        arguments.push_back(due);
    run(m_store.scripts.userCheck, user, std::move(arguments), Due{isKept, due},
        [=, this, done = std::move(done)](Result<UserTransition> transition) {
            // What the set says of it may have come in the wrong order.
            if (transition && !isOnOneServer && (!transition->changed || transition->stays))
                count(user, *transition);
            done(std::move(transition));
        });
}

void UserTransitions::run(const redis::Script &script, const UserId &user,
                          std::vector<QByteArray> arguments, const Due &due,
                          Callback<UserTransition> done)
{
    std::vector<QByteArray> all;
    const redis::UserKeys userKeys = m_store.keys.user(user);
    std::vector<QByteArray> keys = userKeys.all();
    if (m_store.keys.isOnOneServer())
        keys.insert(keys.end(), {KeySpace::kVisible, KeySpace::kWorkspaces});
    if (due.isKept)
        keys.push_back(KeySpace::kDueUsers);
    const bool isOwn = isReserved(user.bytes());
    all.reserve(6 + arguments.size());
    all = {user.bytes(),
           number(m_store.config.presenceTtl),
           m_store.keys.userEvents(user),
           isOwn ? ""_ba : m_store.forOthers(KeySpace::kStatus),
           m_store.keys.controlEvents(user),
           m_store.changes && !isOwn ? m_store.changes->argumentFor(userKeys.hash) : ""_ba};
    std::ranges::move(arguments, std::back_inserter(all));
    m_store.redis.eval(
        script, std::move(keys), std::move(all),
        [this, user, since = due.since, done = std::move(done)](Result<Reply> reply) mutable {
            auto transition = accepted(std::move(reply)).and_then(&UserTransition::from);
            if (transition)
                follow(user, *std::move(transition), since, std::move(done));
            else
                done(std::move(transition));
        });
}

void UserTransitions::follow(const UserId &user, UserTransition transition, const QByteArray &due,
                             Callback<UserTransition> done)
{
    const bool isOnOneServer = m_store.keys.isOnOneServer();
    if (transition.transitions >= kFlapping && !isReserved(user.bytes()))
        noteFlapping(user);
    for (const WorkspaceId &workspace : transition.refused)
        noteBehind(workspace, u"it refused a user"_s);
    if (!isOnOneServer && transition.changed && !transition.stays)
        count(user, transition);
    if (!isOnOneServer && transition.newEnd)
        copyEnd(user, *transition.newEnd);
    const bool isEntered = isOnOneServer || transition.enter.empty();
    if (isEntered && transition.leave.empty() && transition.leaving.empty())
        return done(std::move(transition));
    show(std::make_shared<Following>(Following{user, std::move(transition), std::move(done), due}));
}

void UserTransitions::show(const FollowingPtr &following)
{
    const UserTransition &transition = following->transition;
    // Where the function could not, heartbeats do.
    const auto enter = m_store.keys.isOnOneServer() ? std::vector<WorkspaceId>() : transition.enter;
    following->left = enter.size() + transition.leave.size();
    if (following->left == 0)
        return shown(following);
    const auto one = [this, following] {
        if (--following->left == 0)
            shown(following);
    };
    for (const WorkspaceId &workspace : enter)
        put(workspace, following->user, transition, "enter"_ba, one);
    for (const WorkspaceId &workspace : transition.leave)
        put(workspace, following->user, transition, "leave"_ba, one);
}

void UserTransitions::shown(const FollowingPtr &following)
{
    if (following->transition.leaving.empty())
        following->done(std::move(following->transition));
    else
        leaveChannels(following);
}

void UserTransitions::leaveChannels(const FollowingPtr &following)
{
    const UserTransition &transition = following->transition;
    QHash<ChannelId, std::vector<SessionId>> byChannel;
    for (const auto &[session, channels] : transition.leaving) {
        for (const QByteArray &channel : channels.split(' '))
            byChannel[ChannelId(channel)].push_back(session);
    }
    following->left = static_cast<size_t>(byChannel.size());
    for (auto it = byChannel.cbegin(); it != byChannel.cend(); ++it)
        m_channels.quit(it.key(), following->user, transition.revision,
                        transition.online ? ChannelTransitions::Who::Named
                                          : ChannelTransitions::Who::All,
                        it.value(), [this, following](const auto &result) {
                            following->isBehind = following->isBehind || !result;
                            if (--following->left == 0)
                                channelsLeft(following);
                        });
}

void UserTransitions::channelsLeft(const FollowingPtr &following)
{
    // Its next check is due now: the sweeper tries again.
    if (following->isBehind)
        return following->done(std::move(following->transition));
    const bool isKept = m_store.keys.isOnOneServer() && !following->due.isEmpty();
    std::vector<QByteArray> arguments{isKept ? following->due : ""_ba};
    for (const auto &[session, channels] : following->transition.leaving) {
        arguments.push_back(session.bytes());
        arguments.push_back(channels);
    }
    run(m_store.scripts.userLeft, following->user, std::move(arguments),
        Due{isKept, following->due}, [following](Result<UserTransition> last) {
            const UserTransition &transition = following->transition;
            if (last) {
                last->changed = last->changed || transition.changed;
                last->stays = last->stays || transition.stays;
                last->announced = transition.announced;
            }
            following->done(std::move(last));
        });
}

void UserTransitions::tellOwnConnections(const UserId &user, const bus::ControlEvent &event)
{
    const QByteArray channel = m_store.keys.controlEvents(user);
    m_store.redis.command(channel, {"SPUBLISH", channel, event.toBytes()}, [](const auto &) {});
}

void UserTransitions::count(const UserId &user, const UserTransition &transition)
{
    if (isReserved(user.bytes()))
        return;
    const QByteArray until = number(transition.nextCheck / 1000 + 1);
    m_store.redis.command(KeySpace::kVisible,
                          transition.online
                              ? Command{"ZADD", KeySpace::kVisible, until, user.bytes()}
                              : Command{"ZREM", KeySpace::kVisible, user.bytes()},
                          [](const auto &) {});
}

/// For other services, where the script cannot. Of two changes at once the later may lose: the end
/// that counts is the user's own.
void UserTransitions::copyEnd(const UserId &user, std::chrono::seconds end)
{
    m_store.redis.command(KeySpace::kStatusExpiry,
                          end.count() > 0
                              ? Command{"ZADD", KeySpace::kStatusExpiry, number(end), user.bytes()}
                              : Command{"ZREM", KeySpace::kStatusExpiry, user.bytes()},
                          [](const auto &) {});
}

/// For operators.
void UserTransitions::noteFlapping(const UserId &user)
{
    const auto until = std::chrono::system_clock::now() + kFlappingKept;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(until.time_since_epoch());
    m_store.redis.command(KeySpace::kFlapping,
                          {"ZADD", KeySpace::kFlapping, number(seconds), user.bytes()},
                          [](const auto &) {});
}

void UserTransitions::put(const WorkspaceId &workspace, const UserId &user,
                          const UserTransition &transition, QByteArray action,
                          std::function<void()> done)
{
    std::vector<QByteArray> arguments{
        workspace.bytes(),
        user.bytes(),
        number(transition.revision),
        std::move(action),
        transition.view,
        m_store.keys.workspaceEvents(workspace),
        isReserved(user.bytes()) ? ""_ba : m_store.forOthers(KeySpace::kUpdates)};
    put(m_store, workspace, std::move(arguments), kFirstRetry, std::move(done));
}

/// Who should be shown there is shown by heartbeats. Who has left has none, so that is tried until
/// it is done; the user's revision says if it is too late.
void UserTransitions::put(const Store &store, const WorkspaceId &workspace,
                          std::vector<QByteArray> arguments, std::chrono::seconds retry,
                          std::function<void()> done)
{
    const bool leaves = arguments[3] == "leave";
    auto again = leaves ? arguments : std::vector<QByteArray>();
    auto answered = [&store, workspace, again = std::move(again), retry,
                     done = std::move(done)](Result<Reply> reply) mutable {
        reply = accepted(std::move(reply));
        if (!reply) {
            if (retry == kFirstRetry)
                noteBehind(workspace, reply.error().detail);
            if (!again.empty())
                QTimer::singleShot(retry, &store.redis, [=, &store, again = std::move(again)] {
                    put(store, workspace, again, std::min(retry * 2, kLastRetry), [] {});
                });
            return done();
        }
        if (reply->elements().size() == 2 && !isReserved(workspace.bytes())) {
            const auto count = reply->elements()[1].toInteger().value_or(0);
            Command command{"ZADD", KeySpace::kWorkspaces, number(count), workspace.bytes()};
            store.redis.command(KeySpace::kWorkspaces, std::move(command), [](const auto &) {});
        }
        done();
    };
    store.redis.eval(store.scripts.workspacePut, store.keys.workspace(workspace).all(),
                     std::move(arguments), std::move(answered));
}

void UserTransitions::removeFrom(const WorkspaceId &workspace, const UserId &user,
                                 const UserTransition &transition, std::function<void()> done)
{
    put(workspace, user, transition, "leave"_ba, std::move(done));
}

} // namespace presence::rules
