// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/usersmodel.h"
#include "admin/view/tableview.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace presence::dashboard {

/// The online users of a workspace.
class UsersPage final : public QWidget
{
    Q_OBJECT
public:
    UsersPage(UsersModel &users, WorkspacesModel &workspaces, QWidget *parent = nullptr);

    void openWorkspace(const QString &workspace);

Q_SIGNALS:
    void userOpened(const QString &user);

protected:
    void showEvent(QShowEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeBar(WorkspacesModel &workspaces);
    QToolButton *makeToggle(Status status);
    void paintSigns();
    void chooseFirst();
    void applyFilter();
    void refresh();
    bool isFiltering() const;

    UsersModel &m_users;
    QComboBox *m_workspace;
    QLineEdit *m_filter;
    QList<std::pair<Status, QToolButton *>> m_toggles;
    QLabel *m_count;
    TableView *m_table;
    QTimer m_ages;
};

} // namespace presence::dashboard
