// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/actions.h"
#include "admin/model/ghostsmodel.h"
#include "admin/view/messagebar.h"
#include "admin/view/tableview.h"

#include <QLabel>
#include <QPushButton>

namespace presence::dashboard {

/// Devices that are there only by mistake, and users that come and go again and again.
class GhostsPage final : public QWidget
{
    Q_OBJECT
public:
    GhostsPage(GhostsModel &ghosts, FlappingModel &flapping, Actions &actions,
               QWidget *parent = nullptr);

Q_SIGNALS:
    void userOpened(const QString &user);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *makeGhosts();
    QWidget *makeFlapping();
    std::vector<GhostId> chosenGhosts() const;
    void forget();
    void forgetAll(const std::vector<GhostId> &ghosts);
    void refresh();

    GhostsModel &m_ghosts;
    FlappingModel &m_flapping;
    Actions &m_actions;
    MessageBar *m_bar;
    QLabel *m_progress;
    QPushButton *m_search;
    QPushButton *m_forget;
    TableView *m_ghostTable;
    TableView *m_flappingTable;
    QTimer m_timer;
};

} // namespace presence::dashboard
