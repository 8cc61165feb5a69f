// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/adminreader.h"
#include "shared/protocol/adminwriter.h"
#include "shared/protocol/incidentjson.h"
#include "shared/protocol/json.h"
#include "tests/fuzz/pieces.h"

#include <cmath>

using namespace presence;
using namespace presence::protocol;

/// A dashboard counts the milliseconds between any two times.
static void requireCountable(Milliseconds time)
{
    constexpr std::chrono::milliseconds kFar = std::chrono::years(20'000);
    fuzz::require(time.time_since_epoch() < kFar && time.time_since_epoch() > -kFar);
}

static void requireCountable(const SessionRow &session)
{
    requireCountable(session.connectedAt.value_or(Milliseconds()));
    requireCountable(session.lastHeartbeat);
    requireCountable(session.deadline);
}

static void requireCountable(const UserDetails &details)
{
    requireCountable(details.time);
    for (const auto &time :
         {details.seenAt, details.updatedAt, details.expiresAt, details.lastSeen})
        requireCountable(time.value_or(Seconds()));
    requireCountable(details.next.value_or(NextChange()).at);
    for (const SessionRow &session : details.sessions)
        requireCountable(session);
    for (const ChangeRow &change : details.changes)
        requireCountable(change.at);
}

static void requireCountable(const Overview &overview)
{
    requireCountable(overview.figures.time);
    for (const NodeRow &node : overview.nodes) {
        requireCountable(node.startedAt);
        requireCountable(node.seenAt);
    }
    for (const Finding &finding : overview.verdict.value_or(Verdict()).findings) {
        requireCountable(finding.since.value_or(Seconds()));
        requireCountable(finding.endsAt.value_or(Seconds()));
    }
    const std::chrono::milliseconds lag = overview.archive.value_or(ArchiveFigures()).lag;
    requireCountable(Milliseconds(lag));
}

/// Whole numbers beyond 64 bits, as which Qt writes some of the largest, are read as none.
template <typename Row>
static bool hasModestRates(const Row &row)
{
    const auto rates = {row.joins, row.events, row.deliveries, row.messages};
    return std::ranges::all_of(rates, [](double rate) { return std::abs(rate) < 1e15; });
}

static bool hasModestRates(const NodeRow &node)
{
    return hasModestRates<NodeRow>(node) && std::abs(node.processor) < 1e15;
}

static bool hasModestRates(const Overview &overview)
{
    return hasModestRates(overview.figures)
        && std::ranges::all_of(overview.nodes,
                               [](const NodeRow &node) { return hasModestRates(node); });
}

/// What the daemon would write of it is read as the same.
template <typename Row>
static void requireSurvives(const Row &row, Row (*read)(const JsonView &))
{
    const auto json = JsonView::parse(toBytes(toJson(row)));
    fuzz::require(json && read(*json) == row);
}

template <typename Row>
static void requireSurvive(const std::vector<Row> &rows, Row (*read)(const JsonView &))
{
    for (const Row &row : rows)
        requireSurvives(row, read);
}

/// Rows that only dashboards have as values.
static void readOthers(const JsonView &json)
{
    for (const UserRow &row : readRows(json["changed"], &readUserRow)) {
        requireCountable(row.onlineAt);
        requireCountable(row.lastHeartbeat);
    }
    for (const ChannelUserRow &row : readRows(json["changed"], &readChannelUserRow)) {
        requireCountable(row.viewingSince.value_or(Seconds()));
        requireCountable(row.typingUntil.value_or(Milliseconds()));
    }
    for (const EventRow &row : readRows(json["events"], &readEventRow))
        requireCountable(row.time);
    for (const ChangeRow &row : readChanges(json["changes"]))
        requireCountable(row.at);
    for (const Summary &row : readRows(json["day"], &readSummary))
        requireCountable(row.time);
    for (const IncidentRow &row : readRows(json["incidents"], &readIncident)) {
        requireCountable(row.time);
        requireCountable(Milliseconds(row.duration));
    }
}

/// An event or an answer of the admin topics, as a dashboard reads it.
extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    const auto json = JsonView::parse(bytes);
    if (!json)
        return 0;
    readOthers(*json);
    const Overview overview = readOverview(*json);
    const UserDetails details = readUserDetails(*json);
    const auto history = readRows((*json)["history"], &readFigures);
    const auto ghosts = readRows((*json)["ghosts"], &readGhostRow);
    const auto channels = readRows((*json)["channels"], &readChannelRow);
    const auto users = readRows((*json)["users"], &readFlappingRow);
    requireCountable(overview);
    requireCountable(details);
    for (const Figures &figures : history)
        requireCountable(figures.time);
    for (const GhostRow &ghost : ghosts)
        requireCountable(ghost.session);
    for (const FlappingRow &user : users)
        requireCountable(user.lastAt);
    // Identifiers are ASCII, which the daemon sees to.
    if (std::ranges::any_of(bytes, [](char c) { return c < ' ' || c > '~' || c == '\\'; }))
        return 0;
    if (overview.redis.isReachable && hasModestRates(overview)) // else nothing is known
        requireSurvives(overview, &readOverview);
    requireSurvives(details, &readUserDetails);
    for (const Figures &figures : history) {
        if (hasModestRates(figures))
            requireSurvives(figures, &readFigures);
    }
    requireSurvive(ghosts, &readGhostRow);
    requireSurvive(channels, &readChannelRow);
    requireSurvive(users, &readFlappingRow);
    return 0;
}
