// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/rowdelegate.h"

#include "admin/model/tablemodel.h"
#include "admin/view/plaintip.h"
#include "admin/view/theme.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QPainter>

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
    // The frame is drawn by paint(): those of styles are hardly seen on a chosen row.
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

void RowDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                        const QModelIndex &index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    if (!option.state.testFlag(QStyle::State_HasFocus))
        return;
    const bool isChosen = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    painter->setPen(
        QPen(option.palette.color(isChosen ? QPalette::HighlightedText : QPalette::Highlight), 2,
             Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter->drawRect(option.rect.adjusted(2, 2, -2, -2));
    painter->restore();
}

QString RowDelegate::displayText(const QVariant &value, const QLocale &locale) const
{
    // Of text only: what is a number has no lines.
    return value.userType() == QMetaType::QString ? inOneLine(value.toString())
                                                  : QStyledItemDelegate::displayText(value, locale);
}

/// The whole text of a cell, if it has no room there or is of several lines.
QString RowDelegate::hiddenText(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const QString text = index.data().toString();
    const bool isWhole
        = inOneLine(text) == text && sizeHint(option, index).width() <= option.rect.width();
    return isWhole ? QString() : text;
}

bool RowDelegate::helpEvent(QHelpEvent *event, QAbstractItemView *view,
                            const QStyleOptionViewItem &option, const QModelIndex &index)
{
    if (event->type() != QEvent::ToolTip)
        return QStyledItemDelegate::helpEvent(event, view, option, index);
    const QString hidden = index.isValid() ? hiddenText(option, index) : QString();
    QString tip = index.data(Qt::ToolTipRole).toString();
    if (!tip.contains(hidden))
        tip = tip.isEmpty() ? hidden : hidden + u'\n' + tip;
    showPlainTip(*event, tip, view, option.rect);
    return true;
}

} // namespace presence::dashboard
