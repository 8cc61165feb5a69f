// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/plainlabel.h"

#include "admin/view/plaintip.h"

#include <QPainter>
#include <QStyle>

#include <algorithm>

namespace presence::dashboard {

static constexpr int kLeast = 24; ///< characters that have room in any case

PlainLabel::PlainLabel(const QString &text, QWidget *parent) : QLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setText(text);
}

QSize PlainLabel::minimumSizeHint() const
{
    const QSize hint = QLabel::minimumSizeHint();
    return {std::min(hint.width(), kLeast * fontMetrics().averageCharWidth()), hint.height()};
}

bool PlainLabel::isElided() const
{
    return !wordWrap() && !buddy() && !text().isEmpty()
        && fontMetrics().horizontalAdvance(text()) > contentsRect().width();
}

bool PlainLabel::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip || !toolTip().isEmpty() || !isElided())
        return QLabel::event(event);
    showPlainTip(*static_cast<QHelpEvent *>(event), text(), this);
    return true;
}

void PlainLabel::paintEvent(QPaintEvent *event)
{
    if (!isElided())
        return QLabel::paintEvent(event);
    QPainter painter(this);
    const QString shown = fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width());
    style()->drawItemText(&painter, contentsRect(), int(alignment()), palette(), isEnabled(), shown,
                          foregroundRole());
}

} // namespace presence::dashboard
