// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/channelsmodel.h"
#include "admin/view/tableview.h"

#include <QLabel>
#include <QLineEdit>

namespace presence::dashboard {

/// Channels by activity, and who is in one of them.
class ChannelsPage final : public QWidget
{
    Q_OBJECT
public:
    ChannelsPage(ChannelsModel &channels, ChannelUsersModel &users, QWidget *parent = nullptr);

    void openChannel(const QString &channel);

Q_SIGNALS:
    void userOpened(const QString &user);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *makeList();
    QWidget *makeUsers();
    void watch(const QString &channel);
    void refreshList();
    void refreshUsers();

    ChannelsModel &m_channels;
    ChannelUsersModel &m_users;
    QLineEdit *m_match;
    TableView *m_list;
    QLabel *m_count;
    QLabel *m_title;
    TableView *m_table;
};

} // namespace presence::dashboard
