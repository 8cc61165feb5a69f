// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/bench/table.h"

#include <QFile>
#include <QMap>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <vector>

namespace presence::bench {

using namespace Qt::StringLiterals;

/// One line of the table.
struct Target
{
    const char *row;
    const char *what;
    const char *incumbent;
    double most; ///< that ours may be
    bool isOfFloor = false; ///< `most` is a multiple of the floor's figure
    double first = 0; ///< a milestone before `most`
};

static constexpr Target kTargets[] = {
    {"memory3", "KB a connection, 3 topics, 10,000 of them, 2 shards", "106", 5},
    {"memory1", "KB a connection, `presence:` only, 19,000, 2 shards", "61", 3.5},
    {"idle3", "µs a connection a second, 3 topics", "38", 3},
    {"idle1", "µs a connection a second, `presence:` only", "23-28", 3},
    {"join1", "µs to connect and join `presence:`, until `presence_state`", "646", 80, false, 130},
    {"join3", "µs to connect and join 3 topics, until all states", "1,030", 110, false, 170},
    {"set_status", "µs a `set_status` with reply", "196", 20},
    {"heartbeat", "µs a Phoenix heartbeat with reply", "31", 1.4, true},
    {"fanout4", "µs a delivery, 1,000 subscribers, 4 in flight", "10.9", 1.0, true},
    {"fanout1", "µs a delivery, 1 in flight", "", 1.15, true},
    {"fanout16", "µs a delivery, 16 in flight", "", 0.35, true},
    {"rest_get", "µs a `GET /api/presence/users/{id}`", "148", 30},
    {"rest_bulk", "µs a `POST /api/presence/bulk` of 100", "1,060", 130},
    {"latency_p50", "ms, median, broadcast to 1,000, 20 a second", "8.6", 1.25, true},
    {"latency_p99", "ms, 99 %, the same", "19", 1.25, true},
    {"latency_nodes_p50", "ms, median, node A to 10 watchers at B, 500 a second", "", 1},
    {"latency_nodes_p99", "ms, 99 %, the same", "", 5},
    {"storm", "s, 99 % of the joins of 15,000 at once", "", 5},
};

using Values = std::vector<double>;
/// Row, then column.
using Figures = QMap<QString, QMap<QString, Values>>;

static Figures read(std::FILE *input)
{
    Figures figures;
    QFile file;
    if (!file.open(input, QIODevice::ReadOnly))
        return figures;
    while (!file.atEnd()) {
        const QStringList parts = QString::fromUtf8(file.readLine()).trimmed().split(u'\t');
        if (parts.size() == 3)
            figures[parts[0]][parts[1]].push_back(parts[2].toDouble());
    }
    return figures;
}

static double median(Values values)
{
    std::sort(values.begin(), values.end());
    const size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Three digits that matter.
static QString number(double value)
{
    const double size = std::abs(value);
    return QString::number(value, 'f', size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/// The median, and what it lies between.
static QString spread(const Values &values)
{
    if (values.size() < 2)
        return number(values.front());
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return u"%1 (%2-%3)"_s.arg(number(median(values)), number(*least), number(*most));
}

/// Run by run: both were measured in the same minute.
static Values ratios(const Values &ours, const Values &floor)
{
    Values all;
    for (size_t i = 0; i < std::min(ours.size(), floor.size()); ++i)
        all.push_back(ours[i] / floor[i]);
    return all;
}

/// Of a heartbeat at the floor, us, on the machine that the limits are from.
static constexpr double kTableFloor = 5.9;

/// As the machine that the limits are from would have had it. Empty without a yardstick.
static Values atTheTablesSpeed(const QMap<QString, Values> &columns)
{
    Values scaled = ratios(columns.value(u"ours"_s), columns.value(u"yardstick"_s));
    for (double &value : scaled)
        value *= kTableFloor;
    return scaled;
}

static void printTarget(const Target &target, const QMap<QString, Values> &columns)
{
    const Values ours = columns.value(u"ours"_s);
    if (ours.empty())
        return;
    const Values ratio = ratios(ours, columns.value(u"floor"_s));
    const Values scaled = atTheTablesSpeed(columns);
    const double measured = median(target.isOfFloor && !ratio.empty() ? ratio
                                       : scaled.empty()               ? ours
                                                                      : scaled);
    const QString limit
        = u"≤ "_s + QString::number(target.most) + (target.isOfFloor ? u" x floor"_s : QString());
    const auto cell = [](const Values &values, const Values &isThere) {
        return isThere.empty() ? QByteArray() : spread(values).toUtf8();
    };
    std::printf("| `%s` | %s | %s | %s | %s | %s | %s | %s | %s |\n", target.row, target.what,
                target.incumbent, qUtf8Printable(limit), qUtf8Printable(spread(ours)),
                cell(scaled, scaled).constData(),
                cell(columns.value(u"floor"_s), ratio).constData(), cell(ratio, ratio).constData(),
                measured <= target.most        ? "yes"
                    : measured <= target.first ? "first step"
                                               : "no");
}

/// linear_<what>_<connections>
static constexpr auto kLinear = "linear_"_L1;

/// By what was measured, then by the number of connections.
using Lines = QMap<QString, QMap<int, Values>>;

/// What has been measured at several numbers of connections.
static Lines linearLines(const Figures &figures)
{
    Lines lines;
    for (auto row = figures.cbegin(); row != figures.cend(); ++row) {
        if (!row.key().startsWith(kLinear))
            continue;
        const QString what = row.key().section(u'_', 1, 1);
        const int connections = row.key().section(u'_', 2).toInt();
        const Values ours = row->value(u"ours"_s);
        const Values floor = row->value(u"floor"_s);
        Values nothing = row->value(u"without connections"_s);
        if (!ours.empty())
            lines[u"`%1`"_s.arg(what)][connections] = ours;
        if (!floor.empty())
            lines[u"`%1` at the floor"_s.arg(what)][connections] = floor;
        if (!ours.empty() && !floor.empty())
            lines[u"`%1`, ours : floor"_s.arg(what)][connections] = ratios(ours, floor);
        for (size_t i = 0; i < std::min(nothing.size(), ours.size()); ++i)
            nothing[i] = ours[i] - nothing[i];
        if (!nothing.empty())
            lines[u"`%1`, less a daemon without connections"_s.arg(what)][connections] = nothing;
    }
    return lines;
}

static void printLinear(const Lines &lines)
{
    if (lines.isEmpty())
        return;
    QString head = u"\n| µs a unit, at connections |"_s;
    QString rule = u"|---|"_s;
    for (const int connections : lines.first().keys()) {
        head += u" %1 |"_s.arg(connections);
        rule += u"---|"_s;
    }
    std::printf("%s largest : smallest |\n%s---|\n", qUtf8Printable(head), qUtf8Printable(rule));
    for (auto line = lines.cbegin(); line != lines.cend(); ++line) {
        Values medians;
        std::printf("| %s |", qUtf8Printable(line.key()));
        for (const Values &values : *line) {
            medians.push_back(median(values));
            std::printf(" %s |", qUtf8Printable(spread(values)));
        }
        const auto [least, most] = std::minmax_element(medians.begin(), medians.end());
        std::printf(" %s |\n", qUtf8Printable(number(*most / *least)));
    }
}

/// What Redis spends.
struct RedisTarget
{
    const char *row;
    const char *what;
    double most; ///< that it may be, as a multiple of the seed's commands
};

static constexpr RedisTarget kRedisTargets[] = {
    {"idle1", "µs a connection a second, `presence:` only", 1.8},
    {"idle3", "µs a connection a second, 3 topics", 1.8},
    {"join1", "µs a join of `presence:`", 3.5},
    {"join3", "µs a join of 3 topics", 3.5},
    {"set_status", "µs a `set_status`", 12},
    {"rest_get", "µs a `GET /api/presence/users/{id}`", 3},
    {"rest_bulk", "µs a `POST /api/presence/bulk` of 100", 1},
};

static const auto kRedis = u"Redis"_s;
static const auto kRedisFloor = u"Redis at the floor"_s;

static void printRedis(const Figures &figures)
{
    std::printf(
        "\n| row | Redis' processor time | ours | the seed's commands | ours : seed | at most "
        "| met |\n|---|---|---|---|---|---|---|\n");
    for (const RedisTarget &target : kRedisTargets) {
        const auto columns = figures.value(QLatin1StringView(target.row));
        const Values ratio = ratios(columns.value(kRedis), columns.value(kRedisFloor));
        if (!ratio.empty())
            std::printf("| `%s` | %s | %s | %s | %s | %g x | %s |\n", target.row, target.what,
                        qUtf8Printable(spread(columns.value(kRedis))),
                        qUtf8Printable(spread(columns.value(kRedisFloor))),
                        qUtf8Printable(spread(ratio)), target.most,
                        median(ratio) <= target.most ? "yes" : "no");
    }
}

/// Columns that are in no other table.
static void printTheRest(const Figures &figures)
{
    std::printf("\n| row | besides | |\n|---|---|---|\n");
    for (auto row = figures.cbegin(); row != figures.cend(); ++row) {
        if (row.key().startsWith(kLinear))
            continue;
        for (auto column = row->cbegin(); column != row->cend(); ++column) {
            if (column.key() != "ours"_L1 && column.key() != "floor"_L1
                && column.key() != "yardstick"_L1 && column.key() != kRedis
                && column.key() != kRedisFloor)
                std::printf("| `%s` | %s | %s |\n", qUtf8Printable(row.key()),
                            qUtf8Printable(column.key()), qUtf8Printable(spread(*column)));
        }
    }
}

int printTable(std::FILE *input)
{
    const Figures figures = read(input);
    std::printf("| row | what | incumbent | at least here | ours | at the table's speed | floor | "
                "ours : floor | met |\n|---|---|---|---|---|---|---|---|---|\n");
    for (const Target &target : kTargets)
        printTarget(target, figures.value(QLatin1StringView(target.row)));
    printRedis(figures);
    printLinear(linearLines(figures));
    printTheRest(figures);
    return figures.isEmpty() ? 1 : 0;
}

} // namespace presence::bench
