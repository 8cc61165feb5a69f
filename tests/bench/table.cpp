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
    double most;
    bool isOfFloor; ///< `most` is a multiple of the floor's figure
};

static constexpr Target kTargets[] = {
    {"memory3", "KB a connection, 3 topics, 10,000 of them, 2 shards", "106", 5, false},
    {"memory1", "KB a connection, `presence:` only, 19,000, 2 shards", "61", 3.5, false},
    {"idle3", "µs a connection a second, 3 topics", "38", 3, false},
    {"idle1", "µs a connection a second, `presence:` only", "23-28", 3, false},
    {"join1", "µs to connect and join `presence:`, until `presence_state`", "646", 80, false},
    {"join3", "µs to connect and join 3 topics, until all states", "1,030", 110, false},
    {"set_status", "µs a `set_status` with reply", "196", 20, false},
    {"heartbeat", "µs a Phoenix heartbeat with reply", "31", 1.4, true},
    {"fanout4", "µs a delivery, 1,000 subscribers, 4 in flight", "10.9", 1.0, true},
    {"fanout1", "µs a delivery, 1 in flight", "", 1.15, true},
    {"fanout16", "µs a delivery, 16 in flight", "", 0.35, true},
    {"rest_get", "µs a `GET /api/presence/users/{id}`", "148", 30, false},
    {"rest_bulk", "µs a `POST /api/presence/bulk` of 100", "1,060", 130, false},
    {"latency_p50", "ms, median, broadcast to 1,000, 20 a second", "8.6", 1.25, true},
    {"latency_p99", "ms, 99 %, the same", "19", 1.25, true},
    {"latency_nodes_p50", "ms, median, node A to 10 watchers at B, 500 a second", "", 1, false},
    {"latency_nodes_p99", "ms, 99 %, the same", "", 5, false},
    {"storm", "s, 99 % of the joins of 15,000 at once", "", 5, false},
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

static void printTarget(const Target &target, const QMap<QString, Values> &columns)
{
    const Values ours = columns.value(u"ours"_s);
    if (ours.empty())
        return;
    const Values ratio = ratios(ours, columns.value(u"floor"_s));
    const double measured = target.isOfFloor && !ratio.empty() ? median(ratio) : median(ours);
    const QString limit
        = u"≤ "_s + QString::number(target.most) + (target.isOfFloor ? u" x floor"_s : QString());
    const QString floor = ratio.empty() ? QString() : spread(columns.value(u"floor"_s));
    std::printf("| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", target.row, target.what,
                target.incumbent, qUtf8Printable(limit), qUtf8Printable(spread(ours)),
                qUtf8Printable(floor), ratio.empty() ? "" : qUtf8Printable(spread(ratio)),
                measured <= target.most ? "yes" : "no");
}

static bool isTarget(const QString &row)
{
    return std::any_of(std::begin(kTargets), std::end(kTargets), [&row](const Target &target) {
        return row == QLatin1StringView(target.row);
    });
}

static void printTheRest(const Figures &figures)
{
    std::printf("\n| besides | | |\n|---|---|---|\n");
    for (auto row = figures.cbegin(); row != figures.cend(); ++row) {
        for (auto column = row->cbegin(); column != row->cend(); ++column) {
            const bool isOurs = column.key() == "ours"_L1;
            if (isTarget(row.key()) && (isOurs || column.key() == "floor"_L1))
                continue;
            std::printf("| `%s` | %s | %s |\n", qUtf8Printable(row.key()),
                        isOurs ? "" : qUtf8Printable(column.key()),
                        qUtf8Printable(spread(column.value())));
        }
    }
}

int printTable(std::FILE *input)
{
    const Figures figures = read(input);
    std::printf("| row | what | incumbent | at least here | ours | floor | ours : floor | met |\n"
                "|---|---|---|---|---|---|---|---|\n");
    for (const Target &target : kTargets)
        printTarget(target, figures.value(QLatin1StringView(target.row)));
    printTheRest(figures);
    return figures.isEmpty() ? 1 : 0;
}

} // namespace presence::bench
