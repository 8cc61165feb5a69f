// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/linkbutton.h"

#include <QKeyEvent>
#include <QPainter>
#include <QTextDocument>

#include <algorithm>

namespace presence::dashboard {

static constexpr int kRoom = 4;
static constexpr int kLeastShown = 12; ///< characters that have room in any case

LinkButton::LinkButton(QWidget *parent) : QAbstractButton(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
}

void LinkButton::show(const QString &text, const QString &rest)
{
    setVisible(true);
    if (text == m_shown && rest == m_rest)
        return;
    m_shown = text;
    m_rest = rest;
    setText(QString(text).replace(u'&', QStringLiteral("&&"))); // no mnemonics
    setAccessibleName(text);
    setAccessibleDescription(rest);
    // Of a text alone for where there is no room for it.
    setToolTip(Qt::convertFromPlainText(rest.isEmpty() ? text : rest));
    updateGeometry();
    update();
}

QSize LinkButton::sizeHint() const
{
    // Widths are rounded, which would elide a text that just has room.
    return {fontMetrics().horizontalAdvance(m_shown) + 1 + 2 * kRoom,
            fontMetrics().height() + kRoom};
}

QSize LinkButton::minimumSizeHint() const
{
    const QSize hint = sizeHint();
    return {std::min(hint.width(), kLeastShown * fontMetrics().averageCharWidth()), hint.height()};
}

void LinkButton::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    QFont font = painter.font();
    font.setUnderline(true);
    painter.setFont(font);
    painter.setPen(palette().color(QPalette::Link));
    const QRect inner = rect().adjusted(kRoom, 0, -kRoom, 0);
    painter.drawText(inner, Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                     fontMetrics().elidedText(m_shown, Qt::ElideRight, inner.width()));
    if (!hasFocus())
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(palette().color(QPalette::Link), 2));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 3, 3);
}

void LinkButton::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        return click();
    QAbstractButton::keyPressEvent(event);
}

} // namespace presence::dashboard
