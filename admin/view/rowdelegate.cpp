// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/rowdelegate.h"

#include "admin/model/tablemodel.h"
#include "admin/view/theme.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QTextDocument>
#include <QToolTip>

namespace presence::dashboard {

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
    // On the blue of a chosen row the colours could not be told apart: the shape has to do.
    const bool isChosen = option->state.testFlag(QStyle::State_Selected);
    const QColor chosen = option->palette.color(QPalette::HighlightedText);
    if (const QVariant value = index.data(StatusRole); value.isValid()) {
        const auto status = static_cast<Status>(value.toInt());
        addIcon(option,
                statusIcon(status, isChosen ? chosen : statusColor(status, option->palette)));
    }
    if (index.column() == 0 && !index.data(WarningRole).toString().isEmpty())
        addIcon(option, warningIcon(isChosen ? chosen : warningColor(option->palette)));
}

// What users write may look like HTML: QToolTip would load what it names.
bool RowDelegate::helpEvent(QHelpEvent *event, QAbstractItemView *view,
                            const QStyleOptionViewItem &option, const QModelIndex &index)
{
    if (event->type() != QEvent::ToolTip)
        return QStyledItemDelegate::helpEvent(event, view, option, index);
    const QString tip = index.data(Qt::ToolTipRole).toString();
    QToolTip::showText(event->globalPos(), tip.isEmpty() ? tip : Qt::convertFromPlainText(tip),
                       view, option.rect);
    return true;
}

} // namespace presence::dashboard
