// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/view/userspage.h"
#include "tests/bench/adminrows/frames.h"
#include "tests/bench/observedprocess.h"

namespace presence::bench {

/// The page of online users with a connection to a RowSource: loads, is measured for a while, and
/// is held against a second load in the end.
class Dashboard : public QObject
{
    Q_OBJECT
public:
    struct Plan
    {
        quint16 port = 0;
        int seconds = 10; ///< measured
        int sortColumn = dashboard::UsersModel::UserColumn;
        QString filter;
    };

    Dashboard(const Plan &plan, FrameApplication &application);

    /// Whether all was as it should be. Prints lines of a Markdown table.
    bool run();

private:
    /// A connection and the models on it.
    struct Client
    {
        dashboard::Connection connection;
        dashboard::OverviewModel overview{connection};
        dashboard::WorkspacesModel workspaces{overview};
        dashboard::UsersModel users{overview};
        dashboard::UserDetailsModel user{overview};
        dashboard::Actions actions{overview};
    };

    void open(Client &client) const;
    bool load();
    bool choose();
    bool stop();
    bool isSame();
    bool isChosenInSight() const;
    void print(const char *what, FrameTimes times) const;

    Plan m_plan;
    FrameApplication &m_application;
    ObservedProcess m_process;
    qint64 m_bytesBefore = 0; ///< resident
    Client m_client;
    dashboard::UsersPage m_page;
    QTableView *m_table;
    QString m_chosen; ///< user that is selected
};

} // namespace presence::bench
