// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/usersteps.h"

#include "shared/core/logging.h"

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;

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
    const auto &fields = reply.elements();
    for (size_t i = 0; i + 1 < fields.size(); i += 2)
        leaving.emplace_back(SessionId(fields[i].bytes()), fields[i + 1].bytes());
    return leaving;
}

Result<UserStep> UserStep::from(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() < 10)
        return fail(ErrorCode::Internal, u"unexpected answer of a user script"_s);
    const QByteArray more = fields.size() > 10 ? fields[10].bytes() : QByteArray();
    const auto status = statusFromName(QString::fromLatin1(fields[7].bytes()));
    return UserStep{.revision = fields[0].bytes().toLongLong(),
                    .changed = fields[1].toInteger() != 0,
                    .stays = fields[1].toInteger() == 2,
                    .online = fields[2].toInteger() == 1,
                    .view = fields[3].bytes(),
                    .enter = toWorkspaces(fields[4]),
                    .leave = toWorkspaces(fields[5]),
                    .nextCheck = fields[6].toInteger().value_or(0),
                    .status = status.value_or(Status::Online),
                    .expiresAt = fields[8].toInteger().value_or(0) * 1000,
                    .hadEnd = more == "had_end",
                    .state = more.startsWith("state\n") ? more : QByteArray(),
                    .leaving = toLeaving(fields[9])};
}

void UserSteps::change(const redis::Script &script, const UserId &user,
                       std::vector<QByteArray> arguments, Index::Which which,
                       Callback<UserStep> done)
{
    const QByteArray hastened = m_index.hasten(user.bytes(), which);
    run(script, user, std::move(arguments),
        [this, user, hastened, which, done = std::move(done)](Result<UserStep> step) {
            // Should the change have failed half way, the sweeper looks at once.
            if (step && (Index::needsNote(which) || !step->leaving.empty()))
                m_index.note(user.bytes(), hastened, step->nextCheck);
            done(std::move(step));
        });
}

void UserSteps::check(const redis::Script &script, const UserId &user,
                      std::vector<QByteArray> arguments, Callback<UserStep> done)
{
    run(script, user, std::move(arguments),
        [this, user, done = std::move(done)](Result<UserStep> step) {
            // What the set says of it may have come in the wrong order.
            if (step && (!step->changed || step->stays))
                count(user, *step);
            done(std::move(step));
        });
}

void UserSteps::run(const redis::Script &script, const UserId &user,
                    std::vector<QByteArray> arguments, Callback<UserStep> done)
{
    std::vector<QByteArray> all{user.bytes(), number(m_store.config.presenceTtl),
                                m_store.keys.userEvents(user), KeySpace::kStatus,
                                m_store.keys.selfEvents(user)};
    all.insert(all.end(), arguments.begin(), arguments.end());
    m_store.redis.eval(script, m_store.keys.user(user), std::move(all),
                       [this, user, done = std::move(done)](Result<Reply> reply) {
                           const auto step = accepted(std::move(reply)).and_then(&UserStep::from);
                           if (step)
                               follow(user, *step, done);
                           else
                               done(Failure(step.error()));
                       });
}

/// Calls `done` after `count` calls of what it returns.
static std::function<void()> after(size_t count, std::function<void()> done)
{
    return [left = std::make_shared<size_t>(count), done = std::move(done)] {
        if (--*left == 0)
            done();
    };
}

void UserSteps::follow(const UserId &user, const UserStep &step, Callback<UserStep> done)
{
    show(user, step, [this, user, step, done = std::move(done)] {
        if (step.leaving.empty())
            done(step);
        else
            leaveChannels(user, step, done);
    });
}

void UserSteps::leaveChannels(const UserId &user, const UserStep &step, Callback<UserStep> done)
{
    QHash<ChannelId, std::vector<SessionId>> byChannel;
    std::vector<QByteArray> arguments;
    for (const auto &[session, channels] : step.leaving) {
        for (const QByteArray &channel : channels.split(' '))
            byChannel[ChannelId(channel)].push_back(session);
        arguments.push_back(session.bytes());
        arguments.push_back(channels);
    }
    const auto failed = std::make_shared<bool>(false);
    const auto left = after(byChannel.size(), [=, this, done = std::move(done)] {
        if (*failed)
            done(step); // Its next check is due now: the sweeper tries again.
        else
            run(m_store.scripts.userLeft, user, arguments, [step, done](Result<UserStep> last) {
                if (last) {
                    last->changed = last->changed || step.changed;
                    last->stays = last->stays || step.stays;
                    last->hadEnd = step.hadEnd;
                    last->state = step.state;
                }
                done(std::move(last));
            });
    });
    for (auto it = byChannel.cbegin(); it != byChannel.cend(); ++it)
        m_channels.quit(it.key(), user, step.revision,
                        step.online ? ChannelSteps::Who::Named : ChannelSteps::Who::All, it.value(),
                        [failed, left](const auto &result) {
                            *failed = *failed || !result;
                            left();
                        });
}

void UserSteps::show(const UserId &user, const UserStep &step, std::function<void()> done)
{
    if (step.changed && !step.stays)
        count(user, step);
    const auto one = after(step.enter.size() + step.leave.size() + 1, std::move(done));
    for (const WorkspaceId &workspace : step.enter)
        put(workspace, user, step, "enter"_ba, one);
    for (const WorkspaceId &workspace : step.leave)
        put(workspace, user, step, "leave"_ba, one);
    one();
}

void UserSteps::tellOwnConnections(const UserId &user, const bus::SelfEvent &event)
{
    const QByteArray channel = m_store.keys.selfEvents(user);
    m_store.redis.command(channel, {"PUBLISH", channel, event.toBytes()}, [](const auto &) {});
}

void UserSteps::count(const UserId &user, const UserStep &step)
{
    const QByteArray until = number(step.nextCheck / 1000 + 1);
    m_store.redis.command(KeySpace::kVisible,
                          step.online ? Command{"ZADD", KeySpace::kVisible, until, user.bytes()}
                                      : Command{"ZREM", KeySpace::kVisible, user.bytes()},
                          [](const auto &) {});
}

void UserSteps::put(const WorkspaceId &workspace, const UserId &user, const UserStep &step,
                    QByteArray action, std::function<void()> done)
{
    const auto counted = [this, workspace, done = std::move(done)](Result<Reply> reply) {
        reply = accepted(std::move(reply));
        if (!reply) {
            qCWarning(lcPresence) << "Workspace" << workspace
                                  << "is behind:" << reply.error().detail;
            return done();
        }
        if (reply->elements().size() == 2) {
            const auto count = reply->elements()[1].toInteger().value_or(0);
            Command command{"ZADD", KeySpace::kWorkspaces, number(count), workspace.bytes()};
            m_store.redis.command(KeySpace::kWorkspaces, std::move(command), [](const auto &) {});
        }
        done();
    };
    m_store.redis.eval(m_store.scripts.workspacePut, m_store.keys.workspace(workspace),
                       {workspace.bytes(), user.bytes(), number(step.revision), std::move(action),
                        step.view, m_store.keys.workspaceEvents(workspace), KeySpace::kUpdates},
                       counted);
}

void UserSteps::removeFrom(const WorkspaceId &workspace, const UserId &user, const UserStep &step,
                           std::function<void()> done)
{
    put(workspace, user, step, "leave"_ba, std::move(done));
}

} // namespace presence::rules
