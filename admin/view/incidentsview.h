// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/incidentsmodel.h"
#include "admin/view/tableview.h"

#include <QLabel>

namespace presence::dashboard {

/// What happened to the cluster. Beside a node that became unreachable, once it is opened: who was
/// on it, and how they came back.
class IncidentsView final : public QWidget
{
    Q_OBJECT
public:
    explicit IncidentsView(OverviewModel &overview, QWidget *parent = nullptr);

    void setStale(bool isStale);
    /// Nothing is known yet, and why; empty once it is.
    void setWaiting(const QString &why);

Q_SIGNALS:
    void userOpened(const QString &user);

private:
    const IncidentRow *find(const QByteArray &id) const;
    void open(const QModelIndex &index);
    void refreshUsers();

    OverviewModel &m_overview;
    IncidentsModel m_incidents;
    LostUsersModel m_lost;
    QByteArray m_opened; ///< id
    TableView *m_table;
    QWidget *m_beside;
    QLabel *m_title;
    TableView *m_users;
};

} // namespace presence::dashboard
