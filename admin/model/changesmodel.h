// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/tablemodel.h"
#include "shared/model/admin.h"

namespace presence::dashboard {

/// What others saw of a user, or it said, the newest first.
class ChangesModel final : public RowsModel<ChangeRow>
{
    Q_OBJECT
public:
    explicit ChangesModel(QObject *parent = nullptr);

private:
    QVariant more(const ChangeRow &change, int column, int role) const override;
    std::vector<Field<ChangeRow>> fields() const override;
};

} // namespace presence::dashboard
