// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/plainlabel.h"

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

void PlainLabel::paintEvent(QPaintEvent *event)
{
    const bool isTooLong = !wordWrap() && !text().isEmpty()
        && fontMetrics().horizontalAdvance(text()) > contentsRect().width();
    if (!isTooLong || buddy())
        return QLabel::paintEvent(event);
    QPainter painter(this);
    const QString shown = fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width());
    style()->drawItemText(&painter, contentsRect(), int(alignment()), palette(), isEnabled(), shown,
                          foregroundRole());
}

} // namespace presence::dashboard
