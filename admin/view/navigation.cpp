// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/navigation.h"

#include "admin/model/texts.h"
#include "admin/view/theme.h"

#include <QApplication>
#include <QPainter>
#include <QStyledItemDelegate>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr int kIcon = 20;
static constexpr int kIconRole = Qt::UserRole;
static constexpr int kCountRole = Qt::UserRole + 1;

static QString badgeText(qint64 count)
{
    constexpr qint64 kMost = 999;
    return count > kMost ? numberText(kMost) + u'+' : numberText(count);
}

namespace {

/// Icon, title, badge.
class Delegate final : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        return {0, std::max(kIcon, option.fontMetrics.height()) + 2 * kGrid};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        const bool isSelected = option.state & QStyle::State_Selected;
        const QPalette &palette = option.palette;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        paintBackground(*painter, option, isSelected);
        const QColor color
            = palette.color(isSelected ? QPalette::HighlightedText : QPalette::WindowText);
        const QRect inner = option.rect.adjusted(2 * kGrid, 0, -2 * kGrid, 0);
        const QRect icon(inner.left(), inner.center().y() - kIcon / 2, kIcon, kIcon);
        pageIcon(index.data(kIconRole).toString(), color).paint(painter, icon);
        painter->setPen(color);
        painter->drawText(inner.adjusted(kIcon + kGrid, 0, 0, 0),
                          Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                          index.data(Qt::DisplayRole).toString());
        if (const qint64 count = index.data(kCountRole).toLongLong(); count > 0)
            paintBadge(*painter, inner, palette, badgeText(count));
        painter->restore();
    }

private:
    static void paintBackground(QPainter &painter, const QStyleOptionViewItem &option,
                                bool isSelected)
    {
        const QRectF box = QRectF(option.rect).adjusted(kGrid / 2, 1, -kGrid / 2, -1);
        QColor back = option.palette.color(QPalette::Highlight);
        if (!isSelected && (option.state & QStyle::State_MouseOver))
            back.setAlpha(28);
        else if (!isSelected)
            return;
        painter.setPen(Qt::NoPen);
        painter.setBrush(back);
        painter.drawRoundedRect(box, 6, 6);
        if (!isSelected || !(option.state & QStyle::State_HasFocus))
            return;
        // The keyboard is here.
        painter.setPen(QPen(option.palette.color(QPalette::HighlightedText), 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(2.5, 2.5, -2.5, -2.5), 4, 4);
    }

    static void paintBadge(QPainter &painter, const QRect &inner, const QPalette &palette,
                           const QString &text)
    {
        QFont font = painter.font();
        font.setWeight(QFont::DemiBold);
        painter.setFont(font);
        const QFontMetrics metrics(font);
        const int height = metrics.height() + 2;
        const int width = std::max(height, metrics.horizontalAdvance(text) + kGrid);
        const QRectF box(inner.right() - width + kGrid, inner.center().y() - height / 2.0 + 0.5,
                         width, height);
        painter.setPen(Qt::NoPen);
        painter.setBrush(warningColor(palette));
        painter.drawRoundedRect(box, height / 2.0, height / 2.0);
        painter.setPen(isDark(palette) ? QColor(Qt::black) : QColor(Qt::white));
        painter.drawText(box, Qt::AlignCenter, text);
    }
};

} // namespace

Navigation::Navigation(const QList<Page> &pages, QWidget *parent) : QListWidget(parent)
{
    setObjectName(u"navigation"_s);
    setAccessibleName(tr("Pages"));
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMouseTracking(true);
    setItemDelegate(new Delegate(this));
    setBackgroundRole(QPalette::Window);
    viewport()->setBackgroundRole(QPalette::Window);
    for (const Page &page : pages) {
        auto *item = new QListWidgetItem(page.title, this);
        item->setData(kIconRole, page.icon);
    }
    setViewportMargins(0, kGrid, 0, kGrid);
    fit();
}

void Navigation::setBadge(int page, qint64 count, const QString &what)
{
    QListWidgetItem *each = item(page);
    if (each->data(kCountRole).toLongLong() == count
        && each->data(Qt::ToolTipRole).toString() == what)
        return;
    each->setData(kCountRole, count);
    each->setData(Qt::ToolTipRole, count > 0 ? what : QString());
    each->setData(Qt::AccessibleTextRole, count > 0 ? each->text() + u", "_s + what : each->text());
}

void Navigation::fit()
{
    int width = 0;
    for (int i = 0; i < count(); ++i)
        width = std::max(width, fontMetrics().horizontalAdvance(item(i)->text()));
    const int badge = fontMetrics().horizontalAdvance(badgeText(1000)) + kGrid;
    setFixedWidth(width + kIcon + badge + 6 * kGrid);
}

void Navigation::changeEvent(QEvent *event)
{
    QListWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fit();
}

} // namespace presence::dashboard
