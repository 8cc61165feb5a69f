// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/rowdelegate.h"

#include "admin/model/tablemodel.h"
#include "admin/view/theme.h"

namespace presence::admin {

static void addIcon(QStyleOptionViewItem *option, const QIcon &icon)
{
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->icon = icon;
    const int size = option->fontMetrics.ascent() + 2;
    option->decorationSize = QSize(size, size);
}

void RowDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    // The whole row is what is chosen, so no single cell is marked.
    option->state &= ~QStyle::State_HasFocus;
    if (const QVariant status = index.data(StatusRole); status.isValid())
        addIcon(option, statusIcon(static_cast<Status>(status.toInt()), option->palette));
    if (index.column() == 0 && !index.data(WarningRole).toString().isEmpty())
        addIcon(option, warningIcon(option->palette));
}

} // namespace presence::admin
