// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/figurehistory.h"

#include <algorithm>
#include <map>

namespace presence::dashboard {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

static constexpr milliseconds kRecorded = 10s;
static constexpr milliseconds kLiveStep = 5s;
static constexpr milliseconds kHourStep = 30s;
/// Between two that are recorded, one after the other.
static constexpr milliseconds kRecordGap = 25s;
static constexpr milliseconds kDayGap = 5min;
/// By less, what nodes tell may come in another order.
static constexpr milliseconds kSetBack = 5s;

milliseconds lengthOf(Range range)
{
    switch (range) {
    case Range::FiveMinutes:
        return 5min;
    case Range::Hour:
        return 1h;
    case Range::Day:
        break;
    }
    return 24h;
}

/// By a clock that was set back they are yet to come.
template <typename Row>
static void forgetSince(std::deque<Row> &rows, Milliseconds time)
{
    while (!rows.empty() && rows.back().time >= time)
        rows.pop_back();
}

template <typename Row>
static void addTo(std::deque<Row> &rows, const Row &row, milliseconds length)
{
    forgetSince(rows, row.time);
    rows.push_back(row);
    while (row.time - rows.front().time > length)
        rows.pop_front();
}

void FigureHistory::start(const std::vector<Figures> &hour, const std::vector<Summary> &day)
{
    m_hour.clear();
    m_day.clear();
    for (const Figures &figures : hour)
        addTo(m_hour, figures, 1h);
    for (const Summary &summary : day)
        addTo(m_day, summary, 24h);
    // Two minutes that are over end before what is recorded last.
    if (!m_hour.empty())
        forgetSince(m_day, m_hour.back().time + 1ms);
}

void FigureHistory::follow(Milliseconds now)
{
    const bool isSetBack = m_latest - now > kSetBack;
    m_latest = isSetBack ? now : std::max(m_latest, now);
    if (!isSetBack)
        return;
    forgetSince(m_hour, now);
    forgetSince(m_day, now);
    forgetSince(m_seconds, now);
}

void FigureHistory::addRecord(const Figures &figures)
{
    follow(figures.time);
    addTo(m_hour, figures, 1h);
}

void FigureHistory::addSummary(const Summary &summary)
{
    addTo(m_day, summary, 24h);
}

void FigureHistory::addSecond(const Overview &overview)
{
    const Milliseconds now = overview.figures.time;
    follow(now);
    // What is told each second is of that second, and has no least and peak of its own.
    Figures figures = overview.figures;
    figures.peak = {};
    figures.least.reset();
    addTo(m_seconds, {now, toSummary(figures), overview.nodes}, 5min);
}

void FigureHistory::keep(const Figures &figures)
{
    if (m_hour.empty() || figures.time - m_hour.back().time >= kRecorded)
        addRecord(figures);
}

/// Split where more than `gap` is between two.
static std::vector<FigureHistory::Part> split(const FigureHistory::Part &all, milliseconds gap)
{
    std::vector<FigureHistory::Part> parts;
    for (size_t i = 0; i < all.size(); ++i) {
        if (i == 0 || all[i].time - all[i - 1].time > gap)
            parts.emplace_back();
        parts.back().push_back(all[i]);
    }
    return parts;
}

/// Those within one step of the clock become one.
static FigureHistory::Part inSteps(const FigureHistory::Part &all, milliseconds step)
{
    FigureHistory::Part merged;
    for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        const auto index = all[begin].time.time_since_epoch() / step;
        while (end < all.size() && all[end].time.time_since_epoch() / step == index)
            ++end;
        merged.push_back(presence::merged(std::span(all).subspan(begin, end - begin)));
    }
    return merged;
}

/// Seconds, and what was recorded when there were none.
FigureHistory::Part FigureHistory::lastMinutes() const
{
    Part seconds;
    for (const Second &second : m_seconds)
        seconds.push_back(second.figures);
    Part all = inSteps(seconds, kLiveStep);
    for (const Figures &figures : m_hour) {
        const bool isKnown = std::ranges::any_of(seconds, [&](const Summary &second) {
            return second.time <= figures.time && second.time > figures.time - kRecorded;
        });
        if (!isKnown && m_hour.back().time - figures.time <= lengthOf(Range::FiveMinutes))
            all.push_back(toSummary(figures));
    }
    std::ranges::sort(all, {}, &Summary::time);
    return all;
}

std::vector<FigureHistory::Part> FigureHistory::parts(Range range) const
{
    if (range == Range::FiveMinutes)
        return split(lastMinutes(), kRecordGap);
    Part records;
    for (const Figures &figures : m_hour) {
        if (range == Range::Hour || m_day.empty() || figures.time > m_day.back().time)
            records.push_back(toSummary(figures));
    }
    std::vector<Part> parts = split(records, kRecordGap);
    if (range == Range::Hour) {
        for (Part &part : parts)
            part = inSteps(part, kHourStep);
        return parts;
    }
    Part day(m_day.begin(), m_day.end());
    // Since the last two minutes that are over.
    if (!records.empty())
        day.push_back(merged(records));
    return split(day, kDayGap);
}

static Span constant(double value)
{
    return {value, value, value};
}

static Summary toSummary(const NodeRow &node, Milliseconds time)
{
    return {.time = time,
            .devices = constant(double(node.devices)),
            .connections = constant(double(node.connections)),
            .joins = constant(node.joins),
            .events = constant(node.events),
            .deliveries = constant(node.deliveries),
            .messages = constant(node.messages)};
}

std::vector<FigureHistory::NodeParts> FigureHistory::nodeParts() const
{
    std::map<QByteArray, Part> nodes;
    for (const Second &second : m_seconds) {
        for (const NodeRow &node : second.nodes) {
            if (node.isAlive)
                nodes[node.name].push_back(dashboard::toSummary(node, second.figures.time));
        }
    }
    std::vector<NodeParts> all;
    for (const auto &[node, seconds] : nodes)
        all.push_back({node, split(inSteps(seconds, kLiveStep), kRecordGap)});
    return all;
}

} // namespace presence::dashboard
