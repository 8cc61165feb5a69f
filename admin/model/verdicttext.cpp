// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/verdicttext.h"

#include "admin/model/texts.h"

#include <QCoreApplication>
#include <QLocale>

namespace presence::dashboard {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Level = VerdictText::Level;
using Place = VerdictPart::Place;
using State = Connection::State;

/// To fetch a new token in time.
static constexpr auto kTokenEnds = 15min;
/// Parts of a sentence, before it says how many more there are.
static constexpr size_t kMostParts = 4;
static constexpr qsizetype kLongestName = 40;

class Words
{
    Q_DECLARE_TR_FUNCTIONS(Verdict)
};

static int countOf(const Finding &finding)
{
    return int(std::clamp<qint64>(finding.count, 0, std::numeric_limits<int>::max()));
}

static QString nameOf(const Finding &finding)
{
    const QString name = QString::fromUtf8(finding.subject);
    return name.size() <= kLongestName ? name : name.left(kLongestName - 1) + u'\u2026';
}

/// "%1 since 13:24:36"
static QString withSince(const QString &text, const Finding &finding)
{
    return finding.since ? Words::tr("%1 since %2").arg(text, timeText(*finding.since)) : text;
}

static QString goneText(const Finding &finding)
{
    const QString gone = withSince(Words::tr("%1 unreachable").arg(nameOf(finding)), finding);
    if (finding.count <= 0)
        return gone;
    return Words::tr("%1, %n device(s) affected", nullptr, countOf(finding)).arg(gone);
}

/// Of one master of several its name, too.
static QString redisName(const Finding &finding)
{
    return finding.level == Finding::Level::Down || finding.subject.isEmpty()
        ? Words::tr("Redis")
        : Words::tr("Redis master %1").arg(nameOf(finding));
}

static QString redisText(const Finding &finding)
{
    const QString redis = redisName(finding);
    if (finding.kind == "redis_unreachable")
        return withSince(Words::tr("%1 unreachable").arg(redis), finding);
    if (finding.kind == "redis_loading")
        return withSince(Words::tr("%1 loading its data").arg(redis), finding);
    if (finding.kind == "redis_refuses" && !finding.detail.isEmpty())
        return withSince(Words::tr("%1 refuses changes (%2)")
                             .arg(redis, QString::fromUtf8(finding.detail.left(kLongestName))),
                         finding);
    if (finding.kind == "redis_refuses")
        return withSince(Words::tr("%1 refuses changes").arg(redis), finding);
    if (finding.kind == "redis_emptied" && finding.since)
        return Words::tr("Redis lost its data at %1, users are being restored")
            .arg(timeText(*finding.since));
    if (finding.kind == "redis_emptied")
        return Words::tr("Redis lost its data, users are being restored");
    if (finding.kind == "redis_slow")
        return Words::tr("Redis slow: %1 ms").arg(numberText(finding.count));
    return {};
}

static QString nodeText(const Finding &finding)
{
    if (finding.kind == "node_unreachable")
        return goneText(finding);
    if (finding.kind == "node_behind")
        return Words::tr("%1 behind with heartbeats").arg(nameOf(finding));
    if (finding.kind == "node_draining")
        return Words::tr("%1 draining").arg(nameOf(finding));
    if (finding.kind == "node_lagging")
        return Words::tr("%1 lagging by %2 ms").arg(nameOf(finding), numberText(finding.count));
    return {};
}

static QString archiveText(const Finding &finding, Milliseconds now)
{
    if (finding.kind == "archive_unavailable")
        return Words::tr("MongoDB unavailable, %n change(s) waiting", nullptr, countOf(finding));
    if (finding.kind == "archive_behind" && finding.since)
        return Words::tr("MongoDB %1 behind").arg(durationText(now - *finding.since));
    return {};
}

static QString endText(const QString &what, Seconds end, Milliseconds now)
{
    return end <= now ? Words::tr("%1 has expired").arg(what)
                      : Words::tr("%1 expires in %2").arg(what, durationText(end - now));
}

static VerdictPart partOf(const Finding &finding, Milliseconds now)
{
    if (finding.kind == "ghosts")
        return {Words::tr("%n ghost(s)", nullptr, countOf(finding)), Place::Ghosts};
    if (finding.kind == "flapping")
        return {Words::tr("%n user(s) flapping", nullptr, countOf(finding)), Place::Ghosts};
    if (finding.kind == "certificate_expires" && finding.endsAt)
        return {endText(Words::tr("Certificate of %1").arg(nameOf(finding)), *finding.endsAt, now)};
    for (const QString &text : {nodeText(finding), redisText(finding), archiveText(finding, now)}) {
        if (!text.isEmpty())
            return {text};
    }
    // Of a newer daemon.
    const QString kind = QString::fromUtf8(finding.kind.left(kLongestName)).replace(u'_', u' ');
    return {finding.subject.isEmpty() ? kind : kind + u' ' + nameOf(finding)};
}

static QString latencyText(std::chrono::microseconds latency)
{
    const double value = double(latency.count()) / 1000;
    return Words::tr("Redis %1 ms").arg(QLocale().toString(value, 'f', value < 10 ? 1 : 0));
}

static bool has(const Verdict &verdict, QByteArrayView kind)
{
    return std::ranges::any_of(verdict.findings,
                               [kind](const Finding &finding) { return finding.kind == kind; });
}

/// Several may read alike, as of each master of a cluster that is down.
static std::vector<VerdictPart> partsOf(const Verdict &verdict, Milliseconds now)
{
    std::vector<VerdictPart> parts;
    for (const Finding &finding : verdict.findings) {
        VerdictPart part = partOf(finding, now);
        if (parts.empty() || part != parts.back())
            parts.push_back(std::move(part));
    }
    return parts;
}

static void addFindings(VerdictText &text, const Verdict &verdict, Milliseconds now)
{
    for (const Finding &finding : verdict.findings) {
        if (finding.level != Finding::Level::Info)
            text.problems.emplace(finding.kind, finding.subject);
    }
    text.parts = partsOf(verdict, now);
    if (text.parts.size() <= kMostParts)
        return;
    QStringList rest;
    for (size_t i = kMostParts; i < text.parts.size(); ++i)
        rest.append(text.parts[i].text);
    text.parts.resize(kMostParts);
    text.parts.push_back(
        {Words::tr("%n more", nullptr, int(rest.size())), Place::Overview, rest.join(u'\n')});
}

/// What is well, too.
static void addFigures(VerdictText &text, const Overview &overview)
{
    if (!overview.redis.isReachable)
        return;
    if (text.level == Level::Healthy) {
        text.parts.push_back(
            {Words::tr("%n node(s)", nullptr, static_cast<int>(overview.nodes.size()))});
        text.parts.push_back(
            {Words::tr("%n user(s) online", nullptr, static_cast<int>(overview.figures.users)),
             Place::Users});
    }
    if (!overview.verdict || !has(*overview.verdict, "redis_slow"))
        text.parts.push_back({latencyText(overview.figures.redisLatency)});
}

static void addToken(VerdictText &text, const OverviewModel &overview)
{
    const auto end = overview.connection().tokenExpiresAt();
    const Milliseconds now = overview.clock().now();
    if (end && *end - now < kTokenEnds)
        text.parts.push_back({endText(Words::tr("Your token"), *end, now), Place::Connection});
}

static QString wordOf(Level level)
{
    switch (level) {
    case Level::Healthy:
        return Words::tr("Healthy");
    case Level::Degraded:
        return Words::tr("Degraded");
    case Level::Down:
        return Words::tr("Down");
    case Level::Unknown:
        break;
    }
    return Words::tr("Unknown");
}

static Level levelOf(Verdict::Level level)
{
    switch (level) {
    case Verdict::Level::Healthy:
        return Level::Healthy;
    case Verdict::Level::Degraded:
        return Level::Degraded;
    case Verdict::Level::Down:
        break;
    }
    return Level::Down;
}

static VerdictText unknown(const QString &why, Place place)
{
    return {Level::Unknown, wordOf(Level::Unknown), {{why, place}}};
}

/// Of a daemon that tells no verdict: what can be seen from here.
static VerdictText seen(const OverviewModel &overview)
{
    VerdictText text{Level::Unknown, Words::tr("Connected"), {}};
    if (!overview.now().redis.isReachable) {
        text.level = Level::Down;
        text.word = wordOf(Level::Down);
        text.parts.push_back({Words::tr("Redis unreachable")});
    }
    addFigures(text, overview.now());
    return text;
}

static VerdictText told(const OverviewModel &overview)
{
    const Overview &now = overview.now();
    if (!now.verdict)
        return seen(overview);
    const Level level = levelOf(now.verdict->level);
    VerdictText text{level, wordOf(level), {}};
    addFindings(text, *now.verdict, overview.clock().now());
    addFigures(text, now);
    return text;
}

VerdictText verdictOf(const OverviewModel &overview)
{
    switch (overview.connection().state()) {
    case State::Connecting:
        return unknown(Words::tr("connecting \u2026"), Place::Connection);
    case State::Closed:
    case State::Waiting:
        return unknown(Words::tr("not connected"), Place::Connection);
    case State::Refused:
        return unknown(Words::tr("the connection was refused"), Place::Connection);
    case State::Open:
        break;
    }
    if (!overview.problem().isEmpty())
        return unknown(Words::tr("the overview was refused"), Place::Connection);
    if (!overview.isHeard())
        return unknown(overview.hasData()
                           ? Words::tr("nothing heard for %1").arg(durationText(overview.age()))
                           : Words::tr("waiting for the daemon \u2026"),
                       Place::Connection);
    VerdictText text = told(overview);
    addToken(text, overview);
    return text;
}

QString VerdictText::sentence() const
{
    QStringList texts;
    for (const VerdictPart &part : parts)
        texts.append(part.text);
    return texts.isEmpty() ? word : word + u": "_s + texts.join(u" \u00b7 "_s);
}

VerdictCounts countsOf(const OverviewModel &overview)
{
    VerdictCounts counts;
    if (!overview.isHeard() || !overview.now().verdict)
        return counts;
    for (const Finding &finding : overview.now().verdict->findings) {
        if (finding.kind == "node_unreachable")
            ++counts.nodesUnreachable;
        else if (finding.kind == "ghosts")
            counts.ghosts += countOf(finding);
        else if (finding.kind == "flapping")
            counts.flapping += countOf(finding);
    }
    return counts;
}

} // namespace presence::dashboard
