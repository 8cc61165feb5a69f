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

Result<UserStep> UserStep::from(const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() != 9)
        return fail(ErrorCode::Internal, u"unexpected answer of a user script"_s);
    const auto status = statusFromName(QString::fromLatin1(fields[7].bytes()));
    return UserStep{.revision = fields[0].bytes(),
                    .changed = fields[1].toInteger() == 1,
                    .online = fields[2].toInteger() == 1,
                    .view = fields[3].bytes(),
                    .enter = toWorkspaces(fields[4]),
                    .leave = toWorkspaces(fields[5]),
                    .nextCheck = fields[6].toInteger().value_or(0),
                    .status = status.value_or(Status::Online),
                    .expiresAt = fields[8].toInteger().value_or(0)};
}

void UserSteps::run(const redis::Script &script, const UserId &user,
                    std::vector<QByteArray> arguments, Callback<UserStep> done)
{
    std::vector<QByteArray> all{user.bytes(), number(m_store.config.presenceTtl),
                                m_store.keys.userEvents(user), KeySpace::kStatus};
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

void UserSteps::follow(const UserId &user, UserStep step, Callback<UserStep> done)
{
    const auto one = after(step.enter.size() + step.leave.size() + 1, [step, done] { done(step); });
    updateIndexes(user, step, one);
    for (const WorkspaceId &workspace : step.enter)
        put(workspace, user, step, "enter"_ba, one);
    for (const WorkspaceId &workspace : step.leave)
        put(workspace, user, step, "leave"_ba, one);
}

void UserSteps::updateIndexes(const UserId &user, const UserStep &step, std::function<void()> done)
{
    std::vector<Command> commands;
    if (step.nextCheck > 0)
        commands.push_back({"ZADD", KeySpace::kUserIndex, number(step.nextCheck), user.bytes()});
    if (step.changed)
        commands.push_back({step.online ? "SADD" : "SREM", KeySpace::kVisible, user.bytes()});
    if (commands.empty())
        return done();
    m_store.redis.pipeline(KeySpace::kUserIndex, std::move(commands),
                           [done = std::move(done)](const auto &) { done(); });
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
                       {workspace.bytes(), user.bytes(), step.revision, std::move(action),
                        step.view, m_store.keys.workspaceEvents(workspace), KeySpace::kUpdates},
                       counted);
}

void UserSteps::removeFrom(const WorkspaceId &workspace, const UserId &user, const UserStep &step,
                           std::function<void()> done)
{
    put(workspace, user, step, "leave"_ba, std::move(done));
}

} // namespace presence::rules
