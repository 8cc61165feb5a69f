// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/scrollanchor.h"

#include <QScrollBar>

#include <algorithm>

namespace presence::dashboard {

ScrollAnchor::ScrollAnchor(QTableView &table) : QObject(&table), m_table(table)
{
    connect(table.model(), &QAbstractItemModel::layoutAboutToBeChanged, this, &ScrollAnchor::hold);
    connect(table.model(), &QAbstractItemModel::layoutChanged, this, &ScrollAnchor::follow);
}

void ScrollAnchor::hold()
{
    m_rows.clear();
    m_chosen = QPersistentModelIndex();
    m_firstRow = m_table.rowAt(0);
    if (m_firstRow <= 0)
        return;
    const int last = m_table.rowAt(m_table.viewport()->height() - 1);
    const int end = last < 0 ? m_table.model()->rowCount() : last + 1;
    for (int row = m_firstRow; row < end; ++row)
        m_rows.append(m_table.model()->index(row, 0));
    const int chosen = m_table.currentIndex().row();
    if (chosen >= m_firstRow && chosen < end)
        m_chosen = m_table.model()->index(chosen, 0);
}

/// The row that is chosen says where to, if it is in sight. Otherwise most rows do: single ones may
/// have gone far away.
void ScrollAnchor::follow()
{
    QList<int> shifts;
    for (qsizetype i = 0; i < m_rows.size(); ++i) {
        const int shift = m_rows[i].row() - (m_firstRow + static_cast<int>(i));
        if (m_rows[i].isValid() && m_rows[i] == m_chosen) {
            shifts = {shift};
            break;
        }
        if (m_rows[i].isValid())
            shifts.append(shift);
    }
    m_rows.clear();
    if (shifts.isEmpty())
        return;
    const auto middle = shifts.begin() + shifts.size() / 2;
    std::nth_element(shifts.begin(), middle, shifts.end());
    QScrollBar *bar = m_table.verticalScrollBar();
    if (*middle != 0)
        bar->setValue(bar->value() + *middle);
}

} // namespace presence::dashboard
