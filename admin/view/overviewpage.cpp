// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/overviewpage.h"

#include "admin/view/datalabel.h"
#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QSplitter>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr std::chrono::seconds kLongArchiveLag(30);
static constexpr int kTilesInRow = 5;
static constexpr int kChartsInRow = 3;

static QString whole(double value)
{
    return numberText(qRound64(value));
}

static QString milliseconds(double value)
{
    return OverviewPage::tr("%1 ms").arg(QLocale().toString(value, 'f', value < 10 ? 2 : 0));
}

static HourChart::Value of(qint64 Figures::*member)
{
    return [member](const Figures &figures) { return double(figures.*member); };
}

static HourChart::Value of(double Figures::*member)
{
    return [member](const Figures &figures) { return figures.*member; };
}

static HourChart::Value peakOf(double Rates::*member)
{
    return [member](const Figures &figures) { return figures.peak.*member; };
}

static double latency(const Figures &figures)
{
    return double(figures.redisLatency.count()) / 1000;
}

OverviewPage::OverviewPage(OverviewModel &overview, NodesModel &nodes, WorkspacesModel &workspaces,
                           QWidget *parent)
    : QWidget(parent), m_overview(overview), m_redis(new DataLabel)
{
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(10);
    auto *tiles = new QGridLayout;
    tiles->setSpacing(8);
    addTile(tiles, tr("Online users"), of(&Figures::users), &whole);
    addTile(tiles, tr("Connected devices"), of(&Figures::devices), &whole);
    addTile(tiles, tr("Connections"), of(&Figures::connections), &whole);
    addTile(tiles, tr("Active channels"), of(&Figures::channels), &whole);
    addTile(tiles, tr("Typing"), of(&Figures::typing), &whole);
    addTile(tiles, tr("Joins/s"), of(&Figures::joins), &rateText);
    addTile(tiles, tr("Messages in/s"), of(&Figures::messages), &rateText);
    addTile(tiles, tr("Events/s"), of(&Figures::events), &rateText);
    addTile(tiles, tr("Deliveries/s"), of(&Figures::deliveries), &rateText);
    addTile(tiles, tr("Redis latency"), &latency, &milliseconds);
    layout->addLayout(tiles);

    auto *charts = new QGridLayout;
    charts->setSpacing(8);
    addChart(charts, tr("Online users"), of(&Figures::users));
    addChart(charts, tr("Connections"), of(&Figures::connections));
    addChart(charts, tr("Deliveries a second"), of(&Figures::deliveries),
             peakOf(&Rates::deliveries));
    addChart(charts, tr("Joins a second"), of(&Figures::joins), peakOf(&Rates::joins));
    addChart(charts, tr("Events a second"), of(&Figures::events), peakOf(&Rates::events));
    addChart(charts, tr("Redis latency (ms)"), &latency);
    layout->addLayout(charts, 3);
    layout->addWidget(makeTables(nodes, workspaces), 2);
    connect(&overview, &OverviewModel::changed, this, &OverviewPage::refresh);
    connect(&overview.connection(), &Connection::stateChanged, this, &OverviewPage::refresh);
}

/// A title over a widget.
static QWidget *titled(QWidget *title, QWidget *widget)
{
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(title);
    layout->addWidget(widget, 1);
    return box;
}

QWidget *OverviewPage::makeTables(NodesModel &nodes, WorkspacesModel &workspaces)
{
    m_nodes = new TableView(u"nodes"_s, tr("Nodes"));
    m_nodes->setTable(nodes);
    m_nodes->setDefaultSorting(0, Qt::AscendingOrder);
    m_nodes->setColumnWidths({14, 18, 7, 11, 8, 7, 12, 7, 10, 7, 11});
    m_nodes->setEmptyText(tr("No node has reported yet. Each presenced does so every second, as "
                             "long as it reaches Redis."));
    auto *largest = new TableView(u"workspaces"_s, tr("Largest workspaces"));
    largest->setTable(workspaces);
    largest->setDefaultSorting(1, Qt::DescendingOrder);
    largest->setColumnWidths({12, 8});
    largest->setEmptyText(tr("Nobody is online. For simulated users:\npackaging/run.sh --demo"));
    connect(largest, &TableView::workspaceOpened, this, &OverviewPage::workspaceOpened);

    m_redis->setTextFormat(Qt::PlainText);
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(u"overviewSplitter"_s);
    splitter->addWidget(titled(m_redis, m_nodes));
    splitter->addWidget(titled(new PlainLabel(tr("Largest workspaces")), largest));
    splitter->setStretchFactor(0, 5);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    return splitter;
}

void OverviewPage::addTile(QGridLayout *grid, const QString &title, const Value &value, Text text)
{
    const int index = static_cast<int>(m_tiles.size());
    auto *tile = new FigureTile(title);
    grid->addWidget(tile, index / kTilesInRow, index % kTilesInRow);
    m_tiles.push_back({tile, value, text});
}

void OverviewPage::addChart(QGridLayout *grid, const QString &title, const Value &value,
                            const Value &peak)
{
    const int index = static_cast<int>(m_charts.size());
    auto *chart = new HourChart(title, value, peak);
    grid->addWidget(chart, index / kChartsInRow, index % kChartsInRow);
    m_charts.push_back(chart);
}

void OverviewPage::openNode(const QString &node)
{
    const auto found = m_nodes->model()->match(m_nodes->model()->index(0, 0), Qt::DisplayRole, node,
                                               1, Qt::MatchExactly | Qt::MatchCaseSensitive);
    if (found.isEmpty())
        return;
    m_nodes->selectRow(found.first().row());
    m_nodes->scrollTo(found.first());
    m_nodes->setFocus();
}

QString OverviewPage::redisText() const
{
    const RedisState &redis = m_overview.now().redis;
    if (!redis.isReachable)
        return tr("Nodes \u2013 Redis is unreachable");
    return tr("Nodes \u2013 Redis %1: %2, %3 clients, %4 commands a second")
        .arg(QString::fromUtf8(redis.version), bytesText(redis.usedMemory),
             numberText(redis.clients), numberText(redis.commandsPerSecond));
}

QString OverviewPage::archiveText() const
{
    const auto &archive = m_overview.now().archive;
    if (!archive)
        return {};
    const QString waiting = tr("%n change(s) waiting", nullptr, static_cast<int>(archive->waiting));
    if (!archive->isAvailable)
        return tr("MongoDB is unavailable: %1").arg(waiting);
    if (archive->lag < kLongArchiveLag)
        return tr("MongoDB is healthy");
    return tr("MongoDB is %1 behind: %2").arg(durationText(archive->lag), waiting);
}

void OverviewPage::refresh()
{
    if (!m_overview.hasData())
        return;
    const auto &hour = m_overview.lastHour();
    for (const Tile &each : m_tiles) {
        QList<double> history;
        for (const Figures &figures : hour)
            history.append(each.value(figures));
        each.tile->show(each.text(each.value(m_overview.now().figures)), history);
        each.tile->setStale(m_overview.isStale());
    }
    for (HourChart *chart : m_charts) {
        chart->show(hour);
        chart->setStale(m_overview.isStale());
    }
    const QString archive = archiveText();
    m_redis->setText(archive.isEmpty() ? redisText() : redisText() + u" \u2013 "_s + archive);
}

} // namespace presence::dashboard
