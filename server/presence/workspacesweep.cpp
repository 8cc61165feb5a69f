// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/workspacesweep.h"

#include "server/redis/replies.h"

#include <algorithm>

namespace presence::rules {

using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Workspaces in one call, and entries of one that it names.
static constexpr size_t kTogether = 32;
static constexpr int kMostEntries = 500;

WorkspaceSweep::WorkspaceSweep(const Store &store, UserTransitions &users,
                               const MasterWatch &masters, ReadBehind readBehind,
                               CheckUser checkUser)
    : m_store(store), m_users(users), m_masters(masters), m_readBehind(std::move(readBehind)),
      m_checkUser(std::move(checkUser))
{
}

void WorkspaceSweep::sweep()
{
    m_store.redis.command(
        KeySpace::kWorkspaces, {"ZRANGE", KeySpace::kWorkspaces, "0", "-1", "WITHSCORES"},
        [this](Result<Reply> reply) {
            reply = accepted(std::move(reply));
            if (reply)
                m_readBehind([this, workspaces = *reply] { sweepAll(workspaces); });
        });
}

void WorkspaceSweep::sweepAll(const Reply &workspaces)
{
    const size_t most = m_store.keys.isOnOneServer() ? kTogether : 1;
    std::vector<Counted> batch;
    for (const auto &[workspace, count] : redis::Pairs(workspaces)) {
        const auto keys = m_store.keys.workspace(WorkspaceId(workspace.bytes()));
        if (m_masters.of(keys.online) != MasterWatch::State::Settled)
            continue;
        batch.push_back({WorkspaceId(workspace.bytes()), count.bytes()});
        if (batch.size() == most)
            sweep(std::exchange(batch, {}));
    }
    if (!batch.empty())
        sweep(std::move(batch));
}

void WorkspaceSweep::sweep(std::vector<Counted> workspaces)
{
    std::vector<QByteArray> keys;
    for (const Counted &workspace : workspaces)
        keys.push_back(m_store.keys.workspace(workspace.id).online);
    const auto clean = [this, workspaces = std::move(workspaces)](Result<Reply> reply) {
        reply = accepted(std::move(reply));
        for (size_t i = 0; reply && 2 * i + 1 < reply->elements().size(); ++i) {
            const Counted &workspace = workspaces.at(i);
            noteCount(workspace, reply->elements()[2 * i].toInteger().value_or(-1));
            for (const Reply &user : reply->elements()[2 * i + 1].elements())
                sweepEntry(workspace.id, UserId(user.bytes()));
        }
    };
    m_store.redis.eval(m_store.scripts.workspaceStale, std::move(keys),
                       {number(m_store.config.presenceTtl), number(kMostEntries)}, clean);
}

void WorkspaceSweep::noteCount(const Counted &workspace, qint64 count)
{
    if (count < 0 || (count > 0 && number(count) == workspace.count))
        return;
    Command command = count > 0
        ? Command{"ZADD", KeySpace::kWorkspaces, number(count), workspace.id.bytes()}
        : Command{"ZREM", KeySpace::kWorkspaces, workspace.id.bytes()};
    m_store.redis.command(KeySpace::kWorkspaces, std::move(command), [](const auto &) {});
}

/// Where the user is in the workspace after all, the first look has it shown there.
void WorkspaceSweep::sweepEntry(const WorkspaceId &workspace, const UserId &user)
{
    m_checkUser(user, "again", [=, this](const Result<UserTransition> &transition) {
        if (!transition
            || std::ranges::find(transition->enter, workspace) != transition->enter.end())
            return;
        // With a newer revision than the one that it was shown with.
        m_checkUser(user, "anew", [=, this](const Result<UserTransition> &newer) {
            if (newer)
                m_users.removeFrom(workspace, user, *newer, [] {});
        });
    });
}

} // namespace presence::rules
