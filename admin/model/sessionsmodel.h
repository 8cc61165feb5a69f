// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"

namespace presence::dashboard {

/// The devices of a user: one row a connection.
class SessionsModel final : public RowsModel<SessionRow>
{
    Q_OBJECT
public:
    explicit SessionsModel(const Clock &clock, QObject *parent = nullptr);

private:
    QVariant more(const SessionRow &session, int column, int role) const override;
    std::vector<Field<SessionRow>> fields() const override;
};

} // namespace presence::dashboard
