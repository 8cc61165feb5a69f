// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/script.h"

#include <random>

namespace presence::test {

static constexpr int kNodes = 3;
static constexpr int kWatchers = 3;

namespace {

/// Draws steps. Not std::…_distribution: its numbers differ from one library to the next.
class Dice
{
public:
    Dice(quint32 seed, const Story &story) : m_random(seed), m_story(story) { }

    int below(int count) { return static_cast<int>(m_random() % static_cast<quint32>(count)); }
    bool isOnce(int in) { return below(in) == 0; }
    template <typename T>
    const T &oneOf(const std::vector<T> &all)
    {
        return all[static_cast<size_t>(below(static_cast<int>(all.size())))];
    }

    Step step();

private:
    Step::Kind kind();
    Wish wish();
    Ms time();
    std::string key();

    std::mt19937 m_random;
    const Story &m_story;
};

Step::Kind Dice::kind()
{
    using Kind = Step::Kind;
    static const std::vector<std::pair<Kind, int>> kWeights{
        {Kind::Join, 20},        {Kind::Close, 8},       {Kind::Drop, 5},
        {Kind::SetStatus, 14},   {Kind::RestStatus, 5},  {Kind::StartTyping, 9},
        {Kind::StopTyping, 3},   {Kind::View, 10},       {Kind::Leave, 4},
        {Kind::SetIdle, 6},      {Kind::Heartbeat, 4},   {Kind::SignOff, 3},
        {Kind::Advance, 16},     {Kind::KillNode, 2},    {Kind::StartNode, 4},
        {Kind::DrainNode, 1},    {Kind::MoveWatcher, 3}, {Kind::CutNode, 2},
        {Kind::RestartRedis, 1}, {Kind::Evict, 6}};
    int all = 0;
    for (const auto &[kind, weight] : kWeights)
        all += weight;
    int at = below(all);
    for (const auto &[kind, weight] : kWeights) {
        at -= weight;
        if (at < 0)
            return kind;
    }
    return Kind::Advance;
}

Wish Dice::wish()
{
    static const std::vector<std::string> kStatuses{"online",    "away",      "busy",  "offline",
                                                    "invisible", "invisible", "online"};
    static const std::vector<std::string> kMessages{"deep work", "lunch", ""};
    static const std::vector<std::string> kEmojis{"*", "#", ""};
    Wish wish{.status = oneOf(kStatuses)};
    if (isOnce(3))
        wish.message = oneOf(kMessages);
    if (isOnce(4))
        wish.emoji = oneOf(kEmojis);
    if (isOnce(4))
        wish.clearAfter = (1 + below(30)) * kSecond;
    return wish;
}

Ms Dice::time()
{
    static const std::vector<Ms> kTimes{500,  1000, 1000, 2000,   2000,   3000,  4000,
                                        5000, 6000, 8000, 12'000, 30'000, 70'000};
    return oneOf(kTimes);
}

/// One of a user, a workspace or a channel, or one of all.
std::string Dice::key()
{
    const std::string user = "presence:user:" + oneOf(m_story.users);
    const std::string workspace = oneOf(m_story.workspaces);
    const std::string channel = oneOf(m_story.channels);
    return oneOf<std::string>(
        {user, user, user + ":devices", user + ":changes", "presence:online:" + workspace,
         "presence:workspace:" + workspace, "presence:workspace:" + workspace + ":left",
         "presence:channel:" + channel, "presence:channel:" + channel + ":viewers",
         "presence:channel:" + channel + ":devices", "presence:channel:" + channel + ":left",
         "typing:" + channel, "presence:index:users", "presence:index:channels",
         "presence:status_expiry", "presence:visible", "presence:nodes", "presence:workspaces",
         "presence:sweeper:lease"});
}

Step Dice::step()
{
    Step step{.kind = kind()};
    step.user = oneOf(m_story.users);
    const bool isRest
        = step.kind == Step::Kind::Heartbeat || (step.kind == Step::Kind::SignOff && isOnce(3));
    step.device = isRest ? "r" : oneOf(std::vector<std::string>{"d1", "d1", "d2"});
    step.workspace = oneOf(m_story.workspaces);
    if (step.kind == Step::Kind::Join && isOnce(8))
        step.workspace.clear();
    step.channel = oneOf(m_story.channels);
    step.node = below(kNodes);
    step.watcher = below(kWatchers);
    if (step.kind == Step::Kind::SetIdle || (step.kind == Step::Kind::Join && isOnce(6)))
        step.idle = isOnce(2);
    step.wish = wish();
    if (step.kind == Step::Kind::Evict)
        step.key = key();
    step.time = time();
    return step;
}

} // namespace

Story makeStory(quint32 seed, const std::string &prefix, Model model)
{
    Story story;
    for (int i = 0; i < 6; ++i)
        story.users.push_back(prefix + 'u' + std::to_string(i));
    for (int i = 0; i < 2; ++i) {
        story.workspaces.push_back(prefix + 'w' + std::to_string(i));
        story.channels.push_back(prefix + 'c' + std::to_string(i));
    }
    Dice dice(seed, story);
    const int length = 25 + dice.below(16);
    Script script(std::move(model), story, kNodes);
    while (static_cast<int>(story.steps.size()) < length) {
        const Step step = dice.step();
        if (!script.canDo(step))
            continue;
        script.apply(step);
        story.steps.push_back(step);
    }
    return story;
}

} // namespace presence::test
