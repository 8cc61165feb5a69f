// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/usersmodel.h"
#include "admin/view/messagebar.h"
#include "admin/view/tableview.h"
#include "admin/view/userpage.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace presence::dashboard {

/// The online users of a workspace, and beside them everything about one of these, or of any other
/// user.
class UsersPage final : public QWidget
{
    Q_OBJECT
public:
    UsersPage(UsersModel &users, WorkspacesModel &workspaces, UserDetailsModel &user,
              Actions &actions, QWidget *parent = nullptr);

    void openWorkspace(const QString &workspace);
    void openUser(const QString &user); ///< online or not, of this workspace or not

protected:
    void showEvent(QShowEvent *event) override;
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QWidget *makeBar(WorkspacesModel &workspaces);
    QToolButton *makeToggle(Status status);
    void followTable();
    void selectOpened();
    void revealOpened();
    void closeUser();
    void makeActions();
    void disconnectChosen();
    void paintSigns();
    void chooseFirst();
    void applyFilter();
    void refresh();
    bool isFiltering() const;

    UsersModel &m_users;
    UserDetailsModel &m_user;
    Actions &m_actions;
    QComboBox *m_workspace;
    QLineEdit *m_filter;
    QList<std::pair<Status, QToolButton *>> m_toggles;
    QLabel *m_count;
    QPushButton *m_disconnect; ///< several users
    MessageBar *m_bar;
    TableView *m_table;
    UserPage *m_page;
    QTimer m_ages;
    QTimer m_follow; ///< until who moves through the table has stopped
    bool m_isSought
        = false; ///< who was opened from elsewhere, until it is known whether it is here
    bool m_isArranging = false; ///< rows are going: the current one changes by itself
};

} // namespace presence::dashboard
