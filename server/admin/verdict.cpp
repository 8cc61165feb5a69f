// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/verdict.h"

#include <algorithm>
#include <ranges>

namespace presence::admin {

using Level = Finding::Level;
using Findings = std::vector<Finding>;
using Master = rules::RedisState::Master;

static Finding ofNode(const NodeRow &node, Level level, const QByteArray &kind)
{
    return {.level = level, .kind = kind, .subject = node.name};
}

static void addNodes(const Signs &signs, Findings &findings)
{
    for (const NodeRow &node : signs.overview.nodes) {
        if (!node.isAlive) {
            Finding gone = ofNode(node, Level::Degraded, "node_unreachable");
            gone.since = node.seenAt;
            gone.count = node.devices;
            findings.push_back(std::move(gone));
            continue; // the rest is what it was
        }
        if (node.isBehind)
            findings.push_back(ofNode(node, Level::Degraded, "node_behind"));
        if (node.isDraining)
            findings.push_back(ofNode(node, Level::Info, "node_draining"));
        if (node.lag >= Thresholds::kLoopLag) {
            Finding late = ofNode(node, Level::Degraded, "node_lagging");
            late.count = node.lag.count();
            findings.push_back(std::move(late));
        }
    }
}

/// Of what Redis answers the first word says it, such as OOM.
static QByteArray firstWord(const QString &error)
{
    constexpr int kLongest = 40;
    return error.section(u' ', 0, 0).left(kLongest).toUtf8();
}

static std::optional<Seconds>
toSeconds(const std::optional<std::chrono::system_clock::time_point> &time)
{
    if (!time)
        return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(*time);
}

/// A master that answers, and takes no changes.
static Finding refusal(const Master &master, Level level, const std::optional<Seconds> &since)
{
    const QByteArray word = firstWord(master.error);
    const bool isLoading = word == "LOADING";
    return {.level = level,
            .kind = isLoading ? "redis_loading" : "redis_refuses",
            .subject = master.address.toUtf8(),
            .since = since,
            .detail = isLoading ? QByteArray() : word};
}

static void addMasters(const Signs &signs, Findings &findings)
{
    const bool isDown = !signs.redis.takesChanges();
    for (const Master &master : signs.redis.masters) {
        if (master.error.isEmpty())
            continue;
        const Level level = isDown ? Level::Down : Level::Degraded;
        const auto since = isDown ? toSeconds(signs.redis.since) : std::nullopt;
        if (master.isReached)
            findings.push_back(refusal(master, level, since));
        else
            findings.push_back({.level = level,
                                .kind = "redis_unreachable",
                                .subject = master.address.toUtf8(),
                                .since = since});
    }
}

static void addRedis(const Signs &signs, Findings &findings)
{
    addMasters(signs, findings);
    // What the node as a whole does not notice, or not yet. Of several masters one that is away is
    // told already, and the others answer.
    const bool isTold = std::ranges::any_of(
        signs.redis.masters, [](const Master &master) { return !master.error.isEmpty(); });
    if (signs.awaySince && !isTold)
        findings.push_back(
            {.level = Level::Down, .kind = "redis_unreachable", .since = signs.awaySince});
    if (!signs.overview.redis.isReachable)
        return;
    if (signs.lostAt)
        findings.push_back(
            {.level = Level::Degraded, .kind = "redis_emptied", .since = signs.lostAt});
    const auto latency = std::chrono::floor<std::chrono::milliseconds>(signs.redisLatency);
    if (latency >= Thresholds::kRedisLatency)
        findings.push_back(
            {.level = Level::Degraded, .kind = "redis_slow", .count = latency.count()});
}

static void addUsers(const Signs &signs, Findings &findings)
{
    if (signs.overdue > 0)
        findings.push_back({.level = Level::Degraded, .kind = "ghosts", .count = signs.overdue});
    const qint64 many = std::max(Thresholds::kFlappingUsers,
                                 signs.overview.figures.users / Thresholds::kFlappingPart);
    if (signs.flapping > 0)
        findings.push_back({.level = signs.flapping > many ? Level::Degraded : Level::Info,
                            .kind = "flapping",
                            .count = signs.flapping});
}

static void addArchive(const Signs &signs, Findings &findings)
{
    const auto &archive = signs.overview.archive;
    if (!archive)
        return;
    if (!archive->isAvailable)
        findings.push_back(
            {.level = Level::Degraded, .kind = "archive_unavailable", .count = archive->waiting});
    else if (archive->lag >= Thresholds::kArchiveLag)
        findings.push_back({.level = Level::Degraded,
                            .kind = "archive_behind",
                            .since = signs.now - archive->lag,
                            .count = archive->waiting});
}

static void addCertificate(const Signs &signs, Findings &findings)
{
    if (!signs.certificateEnds || *signs.certificateEnds - signs.now >= Thresholds::kCertificate)
        return;
    // Who is connected stays; nobody else comes in.
    const bool isOver = *signs.certificateEnds <= signs.now;
    findings.push_back({.level = isOver ? Level::Down : Level::Degraded,
                        .kind = "certificate_expires",
                        .subject = signs.node,
                        .endsAt = signs.certificateEnds});
}

static Verdict::Level levelOf(const Findings &findings)
{
    Verdict::Level level = Verdict::Level::Healthy;
    for (const Finding &finding : findings) {
        if (finding.level == Level::Down)
            return Verdict::Level::Down;
        if (finding.level == Level::Degraded)
            level = Verdict::Level::Degraded;
    }
    return level;
}

Verdict judge(const Signs &signs)
{
    Findings findings;
    addRedis(signs, findings);
    addNodes(signs, findings);
    addUsers(signs, findings);
    addArchive(signs, findings);
    addCertificate(signs, findings);
    std::ranges::stable_sort(findings, std::greater(), &Finding::level);
    const Verdict::Level level = levelOf(findings);
    findings.resize(std::min(findings.size(), kMostFindings));
    return {level, std::move(findings)};
}

QByteArray nameOf(Finding::Level level)
{
    switch (level) {
    case Level::Info:
        return "info";
    case Level::Degraded:
        return "degraded";
    case Level::Down:
        break;
    }
    return "down";
}

} // namespace presence::admin
