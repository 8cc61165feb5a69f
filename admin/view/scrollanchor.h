// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QPersistentModelIndex>
#include <QTableView>

namespace presence::dashboard {

/// Keeps the rows of a table where they are on the screen while others come and go above them.
/// At its top the table stays at the top. Owned by the table; its model has to be set before.
class ScrollAnchor final : public QObject
{
    Q_OBJECT
public:
    explicit ScrollAnchor(QTableView &table);

private:
    void hold();
    void follow();

    QTableView &m_table;
    int m_firstRow = 0; ///< in sight, before
    QList<QPersistentModelIndex> m_rows; ///< in sight
    QPersistentModelIndex m_chosen; ///< of them
};

} // namespace presence::dashboard
