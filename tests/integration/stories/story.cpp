// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/integration/stories/story.h"

#include <algorithm>
#include <random>

namespace presence::test {

using namespace Qt::StringLiterals;

static constexpr Ms kSecond = 1000;
static constexpr int kNodes = 3;
static constexpr int kWatchers = 3;
/// Of one device.
static constexpr int kMostSockets = 2;

Ms restingTime(const Model &model, Ms to)
{
    Ms rest = model.now() + (to - model.now() + kSecond - 1) / kSecond * kSecond;
    while (model.hasDeadlineWithin(rest - kSecond, rest))
        rest += kSecond;
    return rest;
}

Script::Script(Model model, const Story &story, int nodes)
    : m_model(std::move(model)), m_up(static_cast<size_t>(nodes), true)
{
    for (const std::string &user : story.users)
        m_model.meet(user);
}

std::string Script::sessionOf(const Step &step) const
{
    return m_model.openSession(step.user, step.device);
}

/// Of the device.
int Script::openSockets(const Step &step) const
{
    return static_cast<int>(std::ranges::count_if(m_model.sessions(), [&](const auto &entry) {
        const ModelSession &session = entry.second;
        return session.user == step.user && session.device == step.device && session.isOpen();
    }));
}

bool Script::canDo(const Step &step) const
{
    using Kind = Step::Kind;
    const auto up = std::ranges::count(m_up, true);
    switch (step.kind) {
    case Kind::Join:
        if (!isUp(step.node)
            || openSockets(step) >= (qEnvironmentVariableIsSet("STORY_ONE") ? 1 : kMostSockets))
            return false;
        break;
    case Kind::Close:
    case Kind::Drop:
    case Kind::SetStatus:
    case Kind::StartTyping:
    case Kind::StopTyping:
    case Kind::View:
    case Kind::Leave:
    case Kind::SetIdle:
        if (sessionOf(step).empty())
            return false;
        break;
    case Kind::RestStatus:
    case Kind::Heartbeat:
    case Kind::SignOff:
    case Kind::CutNode:
    case Kind::MoveWatcher:
        if (!isUp(step.node))
            return false;
        break;
    case Kind::KillNode:
    case Kind::DrainNode:
        if (!isUp(step.node) || up < 2)
            return false;
        break;
    case Kind::StartNode:
        return !isUp(step.node);
    case Kind::Advance:
    case Kind::RestartRedis:
        return true;
    }
    Script after = *this;
    after.apply(step);
    return !after.model().hasTie();
}

void Script::apply(const Step &step)
{
    using Kind = Step::Kind;
    const std::string session = sessionOf(step);
    switch (step.kind) {
    case Kind::Join:
        m_model.join(step.user, step.device, step.workspace, step.node, step.idle);
        break;
    case Kind::Close:
    case Kind::Drop:
        m_model.close(session);
        break;
    case Kind::SetStatus:
    case Kind::RestStatus:
        m_model.setStatus(step.user, step.wish);
        break;
    case Kind::StartTyping:
        m_model.startTyping(session, step.channel);
        break;
    case Kind::StopTyping:
        m_model.stopTyping(session, step.channel);
        break;
    case Kind::View:
        m_model.view(session, step.channel);
        break;
    case Kind::Leave:
        m_model.leave(session, step.channel);
        break;
    case Kind::SetIdle:
        m_model.setIdle(session, *step.idle);
        break;
    case Kind::Heartbeat:
        m_model.heartbeat(step.user, step.device, step.workspace);
        break;
    case Kind::SignOff:
        m_model.signOff(step.user, step.device);
        break;
    case Kind::Advance:
        m_model.advance(restingTime(m_model, m_model.now() + step.time));
        break;
    case Kind::KillNode:
        m_model.killNode(step.node);
        m_up[static_cast<size_t>(step.node)] = false;
        break;
    case Kind::DrainNode:
        m_model.drainNode(step.node);
        m_up[static_cast<size_t>(step.node)] = false;
        break;
    case Kind::StartNode:
        m_up[static_cast<size_t>(step.node)] = true;
        break;
    case Kind::CutNode:
    case Kind::RestartRedis:
    case Kind::MoveWatcher:
        break;
    }
}

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

    std::mt19937 m_random;
    const Story &m_story;
};

Step::Kind Dice::kind()
{
    using Kind = Step::Kind;
    static const std::vector<std::pair<Kind, int>> kWeights{
        {Kind::Join, 20},       {Kind::Close, 8},       {Kind::Drop, 5},
        {Kind::SetStatus, 14},  {Kind::RestStatus, 5},  {Kind::StartTyping, 9},
        {Kind::StopTyping, 3},  {Kind::View, 10},       {Kind::Leave, 4},
        {Kind::SetIdle, 6},     {Kind::Heartbeat, 4},   {Kind::SignOff, 3},
        {Kind::Advance, 16},    {Kind::KillNode, 2},    {Kind::StartNode, 4},
        {Kind::DrainNode, 1},   {Kind::MoveWatcher, 3}, {Kind::CutNode, 2},
        {Kind::RestartRedis, 1}};
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
        Step step = dice.step();
        if (qEnvironmentVariableIsSet("STORY_NOIDLE")) {
            step.idle.reset();
            if (step.kind == Step::Kind::SetIdle)
                continue;
        }
        if (!script.canDo(step))
            continue;
        script.apply(step);
        story.steps.push_back(step);
    }
    return story;
}

static QString text(const std::string &string)
{
    return QString::fromStdString(string);
}

static QString toString(const Wish &wish)
{
    QString result = text(wish.status);
    if (wish.message)
        result += u" message '%1'"_s.arg(text(*wish.message));
    if (wish.emoji)
        result += u" emoji '%1'"_s.arg(text(*wish.emoji));
    if (wish.clearAfter > 0)
        result += u" clear after %1 ms"_s.arg(wish.clearAfter);
    return result;
}

QJsonObject toJson(const Wish &wish)
{
    QJsonObject json{{u"status"_s, text(wish.status)}};
    if (wish.message)
        json[u"custom_message"_s] = text(*wish.message);
    if (wish.emoji)
        json[u"emoji"_s] = text(*wish.emoji);
    if (wish.clearAfter > 0)
        json[u"clear_after"_s] = qint64(wish.clearAfter / kSecond);
    return json;
}

QString Step::toString() const
{
    const QString who = text(user);
    const QString which = who + u'/' + text(device);
    const QString what = text(channel);
    const QString where = u" at node %1"_s.arg(node);
    const QString state = !idle ? QString() : *idle ? u" idle"_s : u" active"_s;
    switch (kind) {
    case Kind::Join:
        return which + u" joins '"_s + text(workspace) + u"'"_s + where + state;
    case Kind::Close:
        return which + u" closes"_s;
    case Kind::Drop:
        return which + u" drops"_s;
    case Kind::SetStatus:
        return which + u" sets "_s + test::toString(wish);
    case Kind::RestStatus:
        return who + u" sets by REST "_s + test::toString(wish) + where;
    case Kind::StartTyping:
        return which + u" types in "_s + what;
    case Kind::StopTyping:
        return which + u" stops typing in "_s + what;
    case Kind::View:
        return which + u" joins channel "_s + what;
    case Kind::Leave:
        return which + u" leaves channel "_s + what;
    case Kind::SetIdle:
        return which + u" is"_s + state;
    case Kind::Heartbeat:
        return which + u" calls by REST in "_s + text(workspace) + where;
    case Kind::SignOff:
        return which + u" is signed off"_s + where;
    case Kind::Advance:
        return u"%1 ms pass"_s.arg(time);
    case Kind::KillNode:
        return u"killed:"_s + where;
    case Kind::StartNode:
        return u"started:"_s + where;
    case Kind::DrainNode:
        return u"drained:"_s + where;
    case Kind::CutNode:
        return u"cut off from Redis:"_s + where;
    case Kind::RestartRedis:
        return u"Redis is killed and started"_s;
    case Kind::MoveWatcher:
        return u"watcher %1 comes back"_s.arg(watcher) + where;
    }
    return {};
}

} // namespace presence::test
