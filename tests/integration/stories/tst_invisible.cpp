// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/eventloop/epolldispatcher.h"
#include "tests/integration/stories/player.h"
#include "tests/integration/stories/transcript.h"

#include <QCoreApplication>
#include <QTest>

using namespace presence;
using namespace presence::test;
using namespace Qt::StringLiterals;

/// Who hides is not to be told from who is gone. The same random story is played twice: from one
/// moment on its hero is invisible in the one and gone in the other, and all that anybody else can
/// get to know is compared.
class tst_Invisible : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whoHidesCannotBeToldFromWhoIsGone();

private:
    /// How the hero is not to be seen.
    enum class Way { Hides, Closes, IsSignedOff };
    QStringList play(quint32 seed, Way way);
    void compare(quint32 seed);

    std::unique_ptr<World> m_world;
    Times m_times;
    int m_played = 0;
};

// With a grace, and without: a user whose last connection ends is gone at once.
static constexpr std::array<Times, 2> kTimes{Times{}, Times{.offlineGrace = 0}};
// Early in a second: the clock goes on by a microsecond each time that a busy machine reads it.
static constexpr Ms kPhase = 50;

static int number(const char *variable, int otherwise)
{
    return qEnvironmentVariableIsSet(variable) ? qEnvironmentVariableIntValue(variable) : otherwise;
}

/// A step of the hero in hiding, or before: never one that shows it again, or that ends by itself.
static Step tame(Step step, const std::string &hero, bool isHiding)
{
    if (step.user != hero)
        return step;
    step.wish.clearAfter = 0;
    if (isHiding || step.wish.status == "invisible" || step.wish.status == "offline")
        step.wish.status = isHiding ? "invisible" : "busy";
    return step;
}

static bool isOfNodes(const Step &step)
{
    using Kind = Step::Kind;
    return step.kind == Kind::KillNode || step.kind == Kind::StartNode
        || step.kind == Kind::DrainNode || step.kind == Kind::RestartRedis
        || step.kind == Kind::MoveWatcher || step.kind == Kind::Evict;
}

/// `story` with a moment in the middle from which on its hero, `users[0]`, is not to be seen:
/// before, everything of it ends but one client.
static std::vector<Step> withHero(const Story &story, bool isHiding, const Step &vanish)
{
    using Kind = Step::Kind;
    const std::string &hero = story.users.front();
    const size_t middle = story.steps.size() / 3;
    std::vector<Step> steps;
    for (size_t i = 0; i < story.steps.size(); ++i) {
        if (i == middle) {
            for (const char *device : {"d1", "d2", "r"})
                steps.push_back({.kind = Kind::SignOff, .user = hero, .device = device});
            const std::string &channel = story.channels.front();
            const Step client{.user = hero,
                              .device = "d1",
                              .workspace = story.workspaces.front(),
                              .channel = channel,
                              .node = static_cast<int>(i) % World::kNodes};
            for (const Kind kind : {Kind::Join, Kind::View, Kind::StartTyping}) {
                steps.push_back(client);
                steps.back().kind = kind;
            }
            steps.push_back(vanish);
        }
        Step step = tame(story.steps[i], hero, i >= middle);
        if (isOfNodes(step) || (!isHiding && i >= middle && step.user == hero))
            step = {.kind = Kind::Advance}; // By no time: nothing.
        steps.push_back(step);
    }
    return steps;
}

/// Has time pass as it does when the hero hides: what it does in hiding has ends too, which a story
/// waits for.
static void fixTimes(const Story &hidden, std::vector<Step> &steps, const Model &model)
{
    Script script(model, hidden, World::kNodes);
    for (size_t i = 0; i < hidden.steps.size(); ++i) {
        if (!script.canDo(hidden.steps[i]))
            continue;
        const Ms before = script.model().now();
        script.apply(hidden.steps[i]);
        if (steps[i].kind == Step::Kind::Advance)
            steps[i].time = script.model().now() - before;
    }
}

QStringList tst_Invisible::play(quint32 seed, Way way)
{
    using Kind = Step::Kind;
    m_world->setClock((m_world->now() / 1000 + 120) * 1000 + kPhase);
    const std::string prefix = 'i' + std::to_string(++m_played) + 'i';
    const Model model(m_times, m_world->now());
    Story story = makeStory(seed, prefix, model);
    Step vanish{.user = story.users.front(), .device = "d1"};
    vanish.wish = {.status = "invisible", .message = "in hiding"};
    vanish.kind = Kind::SetStatus;
    Story hidden = story;
    hidden.steps = withHero(story, true, vanish);
    if (way != Way::Hides)
        vanish.kind = way == Way::Closes ? Kind::Close : Kind::SignOff;
    story.steps = withHero(story, way == Way::Hides, vanish);
    fixTimes(hidden, story.steps, model);

    Transcript transcript(*m_world, prefix, {story.users, story.workspaces, story.channels},
                          story.users.front());
    const Player::Options options{
        .afterStep = [&transcript](const auto &watchers) { transcript.take(watchers); }};
    const QString fault = Player(*m_world, story, m_times, options).play();
    if (!fault.isEmpty())
        return {u"FAULT\n"_s + fault};
    return transcript.lines();
}

static QString firstDifference(const QStringList &hidden, const QStringList &gone)
{
    for (const QStringList &lines : {hidden, gone}) {
        if (lines.first().startsWith("FAULT"_L1))
            return lines.first();
    }
    for (qsizetype line = 0; line < std::max(hidden.size(), gone.size()); ++line) {
        const QString one = hidden.value(line);
        const QString other = gone.value(line);
        if (one != other)
            return u"hidden: %1\ngone:   %2"_s.arg(one, other);
    }
    return {};
}

void tst_Invisible::whoHidesCannotBeToldFromWhoIsGone()
{
    const int stories = qEnvironmentVariableIsSet("STORY_SEED") ? 1 : number("STORIES", 30) / 2;
    for (const Times &times : kTimes) {
        m_times = times;
        m_world = std::make_unique<World>(std::chrono::seconds(times.offlineGrace / kSecond));
        for (int i = 0; i < stories && !QTest::currentTestFailed(); ++i)
            compare(static_cast<quint32>(number("STORY_SEED", number("STORY_FIRST", 1) + i)));
        m_world.reset();
    }
}

void tst_Invisible::compare(quint32 seed)
{
    const QStringList hidden = play(seed, Way::Hides);
    const QStringList gone = play(seed, seed % 2 == 0 ? Way::Closes : Way::IsSignedOff);
    const QString difference = firstDifference(hidden, gone);
    // Not by QVERIFY2: it would cut it short.
    if (!difference.isEmpty())
        qWarning().noquote() << u"STORY_SEED=%1, grace %2 ms\n"_s.arg(seed).arg(
                                    m_times.offlineGrace)
                + difference;
    QVERIFY(difference.isEmpty());
}

int main(int argc, char *argv[])
{
    // As many as are asked for: ctest has a limit of its own.
    qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");
    QCoreApplication::setEventDispatcher(new eventloop::EpollDispatcher);
    QCoreApplication application(argc, argv);
    tst_Invisible test;
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}

#include "tst_invisible.moc"
