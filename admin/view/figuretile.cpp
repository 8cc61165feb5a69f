// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/figuretile.h"

#include "admin/view/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace presence::dashboard {

static constexpr int kMargin = 12;

FigureTile::FigureTile(const QString &title, QWidget *parent)
    : QFrame(parent), m_title(title), m_value(QStringLiteral("\u2013"))
{
    setAccessibleName(title);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void FigureTile::show(const QString &value, const QList<double> &history)
{
    m_value = value;
    m_history = history;
    setAccessibleDescription(value);
    update();
}

void FigureTile::setStale(bool isStale)
{
    if (isStale == m_isStale)
        return;
    m_isStale = isStale;
    update();
}

QSize FigureTile::sizeHint() const
{
    return {150, fontMetrics().height() * 4 + 2 * kMargin};
}

/// From the lowest to the highest that it was, with room at the top.
static QPainterPath lineThrough(const QList<double> &values, const QRectF &box)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double range = std::max(*high - *low, std::max(*high, 1.0) / 20);
    QPainterPath path;
    for (qsizetype i = 0; i < values.size(); ++i) {
        const QPointF point(box.left() + box.width() * double(i) / double(values.size() - 1),
                            box.bottom() - box.height() * (values[i] - *low) / range);
        if (i == 0)
            path.moveTo(point);
        else
            path.lineTo(point);
    }
    return path;
}

void FigureTile::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(palette().color(QPalette::Mid));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(frame, 6, 6);

    const QRectF inner = frame.adjusted(kMargin, kMargin - 2, -kMargin, -kMargin);
    painter.setPen(quietColor(palette()));
    painter.drawText(inner, Qt::AlignLeft | Qt::AlignTop,
                     fontMetrics().elidedText(m_title, Qt::ElideRight, int(inner.width())));
    QFont large = font();
    large.setPointSizeF(font().pointSizeF() * 1.8);
    large.setWeight(QFont::DemiBold);
    painter.setFont(large);
    painter.setPen(m_isStale ? quietColor(palette()) : palette().color(QPalette::Text));
    const int titleHeight = fontMetrics().height();
    painter.drawText(inner.adjusted(0, titleHeight + 2, 0, 0), Qt::AlignLeft | Qt::AlignTop,
                     m_value);
    if (m_history.size() < 2)
        return;
    const QRectF below = inner.adjusted(0, inner.height() - titleHeight, 0, 0);
    painter.setPen(QPen(m_isStale ? quietColor(palette()) : accentColor(palette()), 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(lineThrough(m_history, below));
}

} // namespace presence::dashboard
