// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/incidentsview.h"

#include "admin/view/plainlabel.h"

#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

/// A title over a table.
static QWidget *underTitle(QLabel *title, QWidget *table)
{
    auto *box = new QWidget;
    auto *layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(title);
    layout->addWidget(table, 1);
    return box;
}

IncidentsView::IncidentsView(OverviewModel &overview, QWidget *parent)
    : QWidget(parent), m_overview(overview), m_incidents(overview),
      m_table(new TableView(u"incidents"_s, tr("What happened"))), m_title(new PlainLabel),
      m_users(new TableView(u"lostUsers"_s, tr("Users of the node")))
{
    m_table->setTable(m_incidents);
    m_table->setDefaultSorting(IncidentsModel::TimeColumn, Qt::DescendingOrder);
    m_table->setColumnWidths({19, 32, 18});
    m_users->setTable(m_lost);
    m_users->setDefaultSorting(2, Qt::DescendingOrder);
    m_users->setColumnWidths({16, 34, 6});
    m_users->setEmptyText(tr("Nobody was found."));
    m_beside = underTitle(m_title, m_users);
    m_beside->hide();
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(u"incidentsSplitter"_s);
    splitter->addWidget(underTitle(new PlainLabel(tr("What happened")), m_table));
    splitter->addWidget(m_beside);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    splitter->setChildrenCollapsible(false);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    connect(m_table, &TableView::activated, this, &IncidentsView::open);
    connect(m_table, &TableView::userOpened, this, &IncidentsView::userOpened);
    connect(m_users, &TableView::userOpened, this, &IncidentsView::userOpened);
    connect(&overview, &OverviewModel::incidentsChanged, this, &IncidentsView::refreshUsers);
}

void IncidentsView::setStale(bool isStale)
{
    m_table->setStale(isStale);
    m_users->setStale(isStale);
}

void IncidentsView::setWaiting(const QString &why)
{
    if (!why.isEmpty())
        return m_table->setEmptyText(why);
    m_table->setEmptyText(
        m_overview.tellsIncidents()
            ? tr("Nothing happened in the last 24 hours: no node came or went, "
                 "Redis was there, and no operator did anything.")
            : tr("This daemon is of an older version, which does not record what happens."));
}

const IncidentRow *IncidentsView::find(const QByteArray &id) const
{
    const auto &all = m_overview.incidents();
    const auto found = std::ranges::find(all, id, &IncidentRow::id);
    return found == all.end() ? nullptr : &*found;
}

/// Of a node it shows its users, of everything else it hides them.
void IncidentsView::open(const QModelIndex &index)
{
    m_opened = index.data(IncidentRole).toByteArray();
    refreshUsers();
}

void IncidentsView::refreshUsers()
{
    const IncidentRow *incident = m_opened.isEmpty() ? nullptr : find(m_opened);
    const bool isOfNode = incident && incident->kind == IncidentRow::Kind::NodeUnreachable;
    m_beside->setVisible(isOfNode);
    if (!isOfNode)
        return;
    m_title->setText(
        tr("Was on %1: %2").arg(QString::fromUtf8(incident->node), incidentDetails(*incident)));
    m_lost.setRows(incident->lost ? incident->lost->examples : std::vector<LostUser>());
}

} // namespace presence::dashboard
