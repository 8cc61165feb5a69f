// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "admin/view/figuretile.h"
#include "admin/view/hourchart.h"
#include "admin/view/tableview.h"

#include <QGridLayout>
#include <QLabel>

namespace presence::dashboard {

/// The cluster as a whole: figures, their last hour, nodes and workspaces.
class OverviewPage final : public QWidget
{
    Q_OBJECT
public:
    OverviewPage(OverviewModel &overview, NodesModel &nodes, WorkspacesModel &workspaces,
                 QWidget *parent = nullptr);

    void openNode(const QString &node); ///< chooses it in the table

Q_SIGNALS:
    void workspaceOpened(const QString &workspace);

private:
    using Value = HourChart::Value;
    using Text = QString (*)(double);

    QWidget *makeTables(NodesModel &nodes, WorkspacesModel &workspaces);
    void addTile(QGridLayout *grid, const QString &title, const Value &value, Text text);
    void addChart(QGridLayout *grid, const QString &title, const Value &value,
                  const Value &peak = {});
    void refresh();
    QString redisText() const;
    QString archiveText() const; ///< "" for a deployment without one

    struct Tile
    {
        FigureTile *tile;
        Value value;
        Text text;
    };

    OverviewModel &m_overview;
    std::vector<Tile> m_tiles;
    std::vector<HourChart *> m_charts;
    QLabel *m_redis;
    TableView *m_nodes = nullptr;
};

} // namespace presence::dashboard
