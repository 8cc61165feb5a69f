// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/eventlogmodel.h"
#include "admin/view/tableview.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

namespace presence::dashboard {

/// What happens in the cluster, live.
class EventsPage final : public QWidget
{
    Q_OBJECT
public:
    explicit EventsPage(EventLogModel &events, QWidget *parent = nullptr);

Q_SIGNALS:
    void userOpened(const QString &user);
    void channelOpened(const QString &channel);
    void workspaceOpened(const QString &workspace);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QLayout *makeKinds();
    QLayout *makeFilters();
    QLineEdit *makeFilter(const QString &name, const QString &text);
    void choose();
    void refresh();

    EventLogModel &m_events;
    QPushButton *m_pause;
    QList<std::pair<EventRow::Kind, QToolButton *>> m_kinds;
    QLineEdit *m_user;
    QLineEdit *m_channel;
    QLineEdit *m_workspace;
    QLabel *m_count;
    TableView *m_table;
    QTimer m_chosen; ///< after the last key in a filter
};

} // namespace presence::dashboard
