// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/overviewpage.h"

#include "admin/view/datalabel.h"
#include "admin/view/plainlabel.h"

#include <QSplitter>
#include <QVBoxLayout>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr std::chrono::seconds kLongArchiveLag(30);

OverviewPage::OverviewPage(OverviewModel &overview, NodesModel &nodes, WorkspacesModel &workspaces,
                           QWidget *parent)
    : QWidget(parent), m_overview(overview), m_charts(new FigureCharts(overview)),
      m_incidents(new IncidentsView(overview)), m_redis(new DataLabel)
{
    auto *below = new QSplitter(Qt::Vertical);
    below->setObjectName(u"overviewRows"_s);
    below->addWidget(m_incidents);
    below->addWidget(makeTables(nodes, workspaces));
    below->setChildrenCollapsible(false);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    layout->addWidget(m_charts, 3);
    layout->addWidget(below, 4);
    connect(m_incidents, &IncidentsView::userOpened, this, &OverviewPage::userOpened);
    connect(&overview, &OverviewModel::changed, this, &OverviewPage::refresh);
    connect(&overview.connection(), &Connection::stateChanged, this, &OverviewPage::refresh);
    refresh();
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
    m_largest = new TableView(u"workspaces"_s, tr("Largest workspaces"));
    m_largest->setTable(workspaces);
    m_largest->setDefaultSorting(1, Qt::DescendingOrder);
    m_largest->setColumnWidths({12, 8});
    connect(m_largest, &TableView::workspaceOpened, this, &OverviewPage::workspaceOpened);

    m_redis->setTextFormat(Qt::PlainText);
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(u"overviewSplitter"_s);
    splitter->addWidget(titled(m_redis, m_nodes));
    splitter->addWidget(titled(new PlainLabel(tr("Largest workspaces")), m_largest));
    splitter->setStretchFactor(0, 5);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    return splitter;
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

/// Before the first answer nothing is known, not even that there is nothing; why there is none.
QString OverviewPage::waitingText() const
{
    if (m_overview.hasData())
        return {};
    if (!m_overview.problem().isEmpty())
        return m_overview.problem();
    if (m_overview.isHeard())
        return tr("Redis is unreachable");
    const Connection::State state = m_overview.connection().state();
    return state == Connection::State::Connecting || state == Connection::State::Open
        ? tr("Waiting for the first answer \u2026")
        : tr("Not connected");
}

void OverviewPage::refreshEmptyTexts()
{
    const QString waiting = waitingText();
    m_incidents->setWaiting(waiting);
    m_nodes->setEmptyText(!waiting.isEmpty()
                              ? waiting
                              : tr("No node has reported yet. Each presenced does so every second, "
                                   "as long as it reaches Redis."));
    m_largest->setEmptyText(
        !waiting.isEmpty() ? waiting
                           : tr("Nobody is online. For simulated users:\npackaging/run.sh --demo"));
}

void OverviewPage::refresh()
{
    refreshEmptyTexts();
    if (!m_overview.hasData())
        return;
    m_incidents->setStale(m_overview.isStale());
    const QString archive = archiveText();
    m_redis->setText(archive.isEmpty() ? redisText() : redisText() + u" \u2013 "_s + archive);
}

} // namespace presence::dashboard
