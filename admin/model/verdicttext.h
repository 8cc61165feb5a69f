// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"

#include <set>

namespace presence::dashboard {

/// A part of the sentence, and where more of it is shown.
struct VerdictPart
{
    enum class Place : quint8 { Overview, Users, Ghosts, Connection };

    QString text;
    Place place = Place::Overview;
    QString rest = {}; ///< what it stands for, in lines
    friend bool operator==(const VerdictPart &, const VerdictPart &) = default;
};

/// How the service is, as one sentence: "Degraded: node-d unreachable since 13:24:36 · 4 users".
struct VerdictText
{
    /// Unknown: there is no connection, nothing was heard lately, or the daemon does not tell.
    enum class Level : quint8 { Unknown, Healthy, Degraded, Down };

    Level level = Level::Unknown;
    QString word;
    std::vector<VerdictPart> parts; ///< the worst first
    /// What is degraded or down, by kind and subject, without what changes all the time.
    std::set<std::pair<QByteArray, QByteArray>> problems = {};

    QString sentence() const;
};

VerdictText verdictOf(const OverviewModel &overview);

/// What the verdict counts, for the pages that show it; zero while it is not known.
struct VerdictCounts
{
    qint64 nodesUnreachable = 0;
    qint64 ghosts = 0;
    qint64 flapping = 0;
};
VerdictCounts countsOf(const OverviewModel &overview);

} // namespace presence::dashboard
