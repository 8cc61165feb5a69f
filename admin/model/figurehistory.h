// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/summary.h"

#include <deque>

namespace presence::dashboard {

/// How far back a chart goes.
enum class Range : quint8 { FiveMinutes, Hour, Day };
std::chrono::milliseconds lengthOf(Range range);

/// What the figures of the cluster were: as recorded, and each second while the dashboard is open.
/// Times are of Redis' clock: where that is set back, what is later by it is forgotten.
class FigureHistory
{
public:
    void start(const std::vector<Figures> &hour, const std::vector<Summary> &day);
    void addRecord(const Figures &figures);
    void addSummary(const Summary &summary);
    void addSecond(const Overview &overview);
    /// Of a daemon that does not tell what is recorded: one each 10 s is taken for it.
    void keep(const Figures &figures);

    /// As they were recorded, each 10 s: of rates the average, least and peak. The oldest first.
    const std::deque<Figures> &hour() const { return m_hour; }

    /// Times that follow each other without a gap, the oldest first.
    using Part = std::vector<Summary>;
    /// Each 5 s, or 10 s where the dashboard was not open; each 30 s; each two minutes.
    std::vector<Part> parts(Range range) const;

    /// The figures of one node in the last five minutes, each 5 s, as far as the dashboard was
    /// open: of a summary what a node has.
    struct NodeParts
    {
        QByteArray node;
        std::vector<Part> parts;
    };
    std::vector<NodeParts> nodeParts() const;

private:
    struct Second
    {
        Milliseconds time{};
        Summary figures;
        std::vector<NodeRow> nodes;
    };

    Part lastMinutes() const;
    void follow(Milliseconds now);

    std::deque<Figures> m_hour;
    std::deque<Summary> m_day;
    std::deque<Second> m_seconds;
    Milliseconds m_latest{}; ///< by Redis' clock
};

} // namespace presence::dashboard
