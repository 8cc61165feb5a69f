// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"

namespace presence::dashboard {

QString incidentText(const IncidentRow &incident); ///< what happened, in a few words
QString incidentDetails(const IncidentRow &incident);
/// Something is worse than before.
bool isTrouble(const IncidentRow &incident);

/// What happened to the cluster in the last day.
class IncidentsModel final : public RowsModel<IncidentRow>
{
    Q_OBJECT
public:
    explicit IncidentsModel(OverviewModel &overview, QObject *parent = nullptr);

    enum Column_ { TimeColumn, WhatColumn, WhereColumn, DetailsColumn };

private:
    QVariant more(const IncidentRow &incident, int column, int role) const override;
    std::vector<Field<IncidentRow>> fields() const override;
};

/// Who was on a node that became unreachable, and what became of them.
class LostUsersModel final : public RowsModel<LostUser>
{
    Q_OBJECT
public:
    explicit LostUsersModel(QObject *parent = nullptr);

private:
    QVariant more(const LostUser &user, int column, int role) const override;
    std::vector<Field<LostUser>> fields() const override;
};

} // namespace presence::dashboard
