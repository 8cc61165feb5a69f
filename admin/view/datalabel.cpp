// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/datalabel.h"

#include "admin/view/theme.h"

#include <QPainter>
#include <QStyle>

namespace presence::dashboard {

void DataLabel::setAge(const QString &age)
{
    if (age == m_age)
        return;
    m_age = age;
    setAccessibleDescription(age);
    setToolTip(age);
    if (age.isEmpty()) {
        setPalette({});
    } else {
        QPalette own;
        own.setColor(foregroundRole(), quietColor(own));
        setPalette(own);
    }
    update();
}

/// The age is behind the text, where there is room for it.
void DataLabel::paintEvent(QPaintEvent *event)
{
    PlainLabel::paintEvent(event);
    if (m_age.isEmpty() || text().isEmpty() || wordWrap())
        return;
    const QString age = QStringLiteral("  (%1)").arg(m_age);
    const QRect behind = contentsRect().adjusted(fontMetrics().horizontalAdvance(text()), 0, 0, 0);
    if (fontMetrics().horizontalAdvance(age) > behind.width() || alignment() & Qt::AlignRight)
        return;
    QPainter painter(this);
    style()->drawItemText(&painter, behind, Qt::AlignLeft | Qt::AlignVCenter, palette(), true, age,
                          foregroundRole());
}

} // namespace presence::dashboard
