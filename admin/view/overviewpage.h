// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "admin/view/figurecharts.h"
#include "admin/view/incidentsview.h"
#include "admin/view/tableview.h"

#include <QLabel>

namespace presence::dashboard {

/// The cluster as a whole: what its figures are and were, what happened, nodes and
/// workspaces.
class OverviewPage final : public QWidget
{
    Q_OBJECT
public:
    OverviewPage(OverviewModel &overview, NodesModel &nodes, WorkspacesModel &workspaces,
                 QWidget *parent = nullptr);

    void openNode(const QString &node); ///< chooses it in the table

Q_SIGNALS:
    void workspaceOpened(const QString &workspace);
    void userOpened(const QString &user);

private:
    QWidget *makeTables(NodesModel &nodes, WorkspacesModel &workspaces);
    void refresh();
    void refreshEmptyTexts();
    QString waitingText() const; ///< "" once something is known
    QString redisText() const;
    QString archiveText() const; ///< "" for a deployment without one

    OverviewModel &m_overview;
    FigureCharts *m_charts;
    IncidentsView *m_incidents;
    QLabel *m_redis;
    TableView *m_nodes = nullptr;
    TableView *m_largest = nullptr;
};

} // namespace presence::dashboard
