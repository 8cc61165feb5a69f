// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/player.h"

#include "tests/integration/stories/loop.h"
#include "tests/support/token.h"

namespace presence::test {

using namespace Qt::StringLiterals;

static StoryIds idsOf(const Story &story, const std::string &fence)
{
    StoryIds ids{story.users, story.workspaces, story.channels};
    ids.users.push_back(fence);
    return ids;
}

Player::Player(World &world, Story story, Times times, Options options)
    : m_world(world), m_story(std::move(story)), m_patience(options.patience),
      m_options(std::move(options)), m_script(Model(times, world.now()), m_story, World::kNodes),
      m_fence(m_story.users.front() + "fence"), m_refreshed(world.now())
{
    m_ids = idsOf(m_story, m_fence);
    m_script.meet(m_fence);
    m_watchers.resize(World::kNodes);
}

void Player::say(const QString &fault)
{
    if (isFine())
        m_fault = fault;
}

QString Player::play()
{
    for (int node = 0; node < World::kNodes; ++node)
        putWatcher(node, node);
    awaitModel();
    for (const Step &step : m_story.steps) {
        if (isFine() && m_script.canDo(step))
            take(step);
        if (!isFine() || !m_options.afterStep)
            continue;
        fence();
        if (isFine())
            m_options.afterStep(m_watchers);
    }
    awaitModel();
    if (isFine())
        checkEnd();
    if (isFine())
        return {};
    return u"  %1\n%2"_s.arg(m_told.join(u"\n  "_s), m_fault);
}

void Player::take(const Step &step)
{
    m_told.append(step.toString());
    // What is said to a node that has no Redis has no one outcome.
    if (m_cut && concernsCut(step))
        m_world.settle(*std::exchange(m_cut, std::nullopt));
    act(step);
    // A watcher comes back, and a node finds Redis again, in the middle of what happens next.
    if (step.kind == Step::Kind::MoveWatcher || step.kind == Step::Kind::CutNode)
        return;
    awaitModel();
    if (m_cut)
        m_world.settle(*std::exchange(m_cut, std::nullopt));
}

/// Whether it needs the node that was cut off, or time to pass there.
bool Player::concernsCut(const Step &step) const
{
    using Kind = Step::Kind;
    if (step.isByClient())
        return model().sessions().at(m_script.sessionOf(step)).node == *m_cut;
    const bool isElsewhere
        = step.kind == Kind::Join || step.kind == Kind::RestStatus || step.kind == Kind::Heartbeat;
    return !isElsewhere || step.node == *m_cut;
}

void Player::cut(const Step &step)
{
    m_world.settleAll();
    m_world.cut(step.node);
    m_cut = step.node;
}

/// Of what is said again watchers may be told once more. Time passes: sequences begin at the clock,
/// and one that was evicted must not begin where it had begun. Whole seconds: what ends within the
/// same one ends at once for a sweeper.
void Player::evict(const Step &step)
{
    const Ms now = model().now();
    if (!model().hasDeadlineWithin(now, now + 2 * kSecond))
        advance(now + kSecond);
    m_world.settleAll();
    for (const auto &watcher : m_watchers) {
        checkLog(*watcher);
        watcher->stopLog();
    }
    m_world.redis().cli({u"DEL"_s, text(step.key)});
    m_script.apply(step);
    // A round tells workspaces and channels when its users have answered: the second one's answers
    // come after that, and what it brings back goes over the other connection.
    refresh();
    refresh();
    m_world.settleAll();
}

void Player::act(const Step &step)
{
    using Kind = Step::Kind;
    const QJsonObject channel{{u"channel_id"_s, text(step.channel)}};
    switch (step.kind) {
    case Kind::Join:
        return join(step);
    case Kind::Close:
    case Kind::Drop:
        return end(step);
    case Kind::StartTyping:
        return push(step, u"typing_start"_s, channel);
    case Kind::StopTyping:
        return push(step, u"typing_stop"_s, channel);
    case Kind::View:
        return push(step, u"join_channel"_s, channel);
    case Kind::Leave:
        return push(step, u"leave_channel"_s, channel);
    case Kind::SetIdle:
        return push(step, u"device_state"_s, {{u"state"_s, *step.idle ? u"idle"_s : u"active"_s}});
    case Kind::SetStatus:
        return push(step, u"set_status"_s, toJson(step.wish));
    case Kind::RestStatus:
    case Kind::Heartbeat:
        return callRest(step);
    case Kind::SignOff:
        return signOff(step);
    case Kind::Advance:
        return advance(restingTime(model(), model().now() + step.time));
    case Kind::KillNode:
    case Kind::DrainNode:
        return stopNode(step);
    case Kind::StartNode:
        m_world.start(step.node);
        return m_script.apply(step);
    case Kind::CutNode:
        return cut(step);
    case Kind::RestartRedis:
        return m_world.restartRedis();
    case Kind::Evict:
        return evict(step);
    case Kind::MoveWatcher:
        return putWatcher(step.watcher, step.node);
    }
}

void Player::awaitModel()
{
    if (!isFine())
        return;
    if (!until([this] { return isWhereModelIs(); }, m_patience))
        return say(difference());
    for (const auto &watcher : m_watchers) {
        if (!watcher->hasLog())
            watcher->startLog(model().events().size());
    }
}

bool Player::isWhereModelIs() const
{
    const Model::View view = model().view();
    for (const auto &watcher : m_watchers) {
        if (!watcher->isTold() || watcher->view() != watcher->expectedView(view))
            return false;
    }
    return std::ranges::all_of(m_clients, [this](const auto &entry) {
        const std::string &user = model().sessions().at(entry.first).user;
        return entry.second.self == model().self(user).text();
    });
}

} // namespace presence::test
