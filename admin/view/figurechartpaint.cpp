// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/model/texts.h"
#include "admin/view/figurechart.h"
#include "admin/view/theme.h"

#include <QDateTime>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr int kMargin = 8;
static constexpr int kRadius = 6;

QColor nodeColor(size_t index, const QPalette &palette)
{
    // After the palette of Okabe and Ito.
    static constexpr std::array kDark{0xf2b134, 0x2bc59b, 0xff7a45, 0xd995bd, 0xf0e442, 0x9ad1f5};
    static constexpr std::array kLight{0x8a5a00, 0x007d5b, 0xb34400, 0x8c3f6b, 0x4a4a00, 0x00507f};
    const auto &colors = isDark(palette) ? kDark : kLight;
    return QColor(QRgb(colors[index % colors.size()]));
}

QFont FigureChart::smallFont() const
{
    QFont small = font();
    small.setPointSizeF(font().pointSizeF() * 0.85);
    return small;
}

QSize FigureChart::sizeHint() const
{
    return {200, fontMetrics().height() * 7 + 2 * kMargin};
}

QSize FigureChart::minimumSizeHint() const
{
    return {130, fontMetrics().height() * 6 + 2 * kMargin};
}

/// Right of the values, above the times.
QRectF FigureChart::plot() const
{
    const QFontMetricsF metrics(smallFont());
    const double left = std::max(metrics.horizontalAdvance(m_figure.text(m_top)),
                                 metrics.horizontalAdvance(m_figure.text(m_top / 2)));
    const double head = fontMetrics().height() * 2.6;
    return QRectF(rect()).adjusted(kMargin + left + 8, kMargin + head, -kMargin - 2,
                                   -kMargin - metrics.height() - 2);
}

double FigureChart::xOf(Milliseconds time) const
{
    const QRectF box = plot();
    return box.left()
        + box.width() * double((time - begin()).count())
        / double(lengthOf(m_contents.range).count());
}

double FigureChart::yOf(double value) const
{
    const QRectF box = plot();
    return box.bottom() - box.height() * value / m_top;
}

void FigureChart::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setPen(hasFocus() ? QPen(palette().color(QPalette::Highlight), 2)
                              : QPen(palette().color(QPalette::Mid), 1));
    painter.setBrush(palette().color(QPalette::Base));
    painter.drawRoundedRect(frame, kRadius, kRadius);
    drawHead(painter);
    drawAxes(painter);
    drawMarks(painter);
    const QColor color = m_isStale ? quietColor(palette()) : accentColor(palette());
    const bool hasNodes = !m_contents.nodes.empty();
    for (const FigureHistory::Part &part : m_contents.parts) {
        if (!hasNodes)
            drawBand(painter, part);
        drawLine(painter, part, QPen(color, hasNodes ? 1 : 1.8));
    }
    for (size_t i = 0; i < m_contents.nodes.size(); ++i) {
        const QPen pen(nodeColor(i, palette()), 1.6, i % 2 == 0 ? Qt::SolidLine : Qt::DashLine);
        for (const FigureHistory::Part &part : m_contents.nodes[i].parts)
            drawLine(painter, part, pen);
    }
    drawCursor(painter);
}

/// The title, and below it what it is, with its least and most where there is room.
void FigureChart::drawHead(QPainter &painter) const
{
    const QRectF inner = QRectF(rect()).adjusted(kMargin, kMargin - 2, -kMargin, -kMargin);
    painter.setFont(font());
    painter.setPen(quietColor(palette()));
    painter.drawText(inner, Qt::AlignLeft | Qt::AlignTop,
                     fontMetrics().elidedText(m_figure.title, Qt::ElideRight, int(inner.width())));
    QFont large = font();
    large.setPointSizeF(font().pointSizeF() * 1.45);
    large.setWeight(QFont::DemiBold);
    painter.setFont(large);
    painter.setPen(m_isStale ? quietColor(palette()) : palette().color(QPalette::Text));
    const QRectF below = inner.adjusted(0, fontMetrics().height(), 0, 0);
    QRectF taken;
    painter.drawText(below, Qt::AlignLeft | Qt::AlignTop, valueText(), &taken);
    painter.setFont(smallFont());
    painter.setPen(quietColor(palette()));
    const QString span = spanText();
    const double room = below.right() - taken.right() - 8;
    if (QFontMetricsF(smallFont()).horizontalAdvance(span) <= room)
        painter.drawText(
            QRectF(taken.right(), taken.top(), below.right() - taken.right(), taken.height()),
            Qt::AlignRight | Qt::AlignVCenter, span);
}

void FigureChart::drawAxes(QPainter &painter) const
{
    const QRectF box = plot();
    const QFontMetricsF metrics(smallFont());
    painter.setFont(smallFont());
    for (const double value : {0., m_top / 2, m_top}) {
        const double y = yOf(value);
        painter.setPen(QPen(palette().color(QPalette::Mid), 1));
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
        painter.setPen(quietColor(palette()));
        painter.drawText(QRectF(0, y - metrics.height() / 2, box.left() - 4, metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, m_figure.text(value));
    }
    if (m_contents.now == Milliseconds())
        return;
    const auto label = [this](Milliseconds time) {
        return QDateTime::fromMSecsSinceEpoch(time.time_since_epoch().count()).toString(u"HH:mm"_s);
    };
    const double y = box.bottom() + 3;
    const auto length = lengthOf(m_contents.range);
    const double width = metrics.horizontalAdvance(u"00:00"_s);
    const auto draw = [&](Milliseconds time, double left) {
        painter.drawText(QRectF(left, y, width + 2, metrics.height()), Qt::AlignLeft, label(time));
    };
    draw(begin(), box.left());
    if (box.width() > 3.5 * width)
        draw(begin() + length / 2, box.center().x() - width / 2);
    draw(m_contents.now, box.right() - width);
}

void FigureChart::drawBand(QPainter &painter, const FigureHistory::Part &part) const
{
    QPainterPath band;
    for (size_t i = 0; i < part.size(); ++i) {
        const QPointF point(xOf(part[i].time), yOf((part[i].*m_figure.span).most));
        if (i == 0)
            band.moveTo(point);
        else
            band.lineTo(point);
    }
    for (size_t i = part.size(); i > 0; --i)
        band.lineTo(xOf(part[i - 1].time), yOf((part[i - 1].*m_figure.span).least));
    band.closeSubpath();
    QColor color = m_isStale ? quietColor(palette()) : accentColor(palette());
    color.setAlphaF(0.28F);
    painter.fillPath(band, color);
}

void FigureChart::drawLine(QPainter &painter, const FigureHistory::Part &part,
                           const QPen &pen) const
{
    QPolygonF line;
    for (const Summary &each : part) {
        if (each.time >= begin())
            line.append({xOf(each.time), yOf((each.*m_figure.span).average)});
    }
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    if (line.size() == 1)
        painter.drawEllipse(line.first(), 1.2, 1.2);
    else
        painter.drawPolyline(line);
}

/// A line from a triangle, of another colour where something went wrong.
void FigureChart::drawMarks(QPainter &painter) const
{
    const QRectF box = plot();
    for (const ChartMark &mark : m_contents.marks) {
        if (mark.time < begin() || mark.time > m_contents.now)
            continue;
        const double x = xOf(mark.time);
        const QColor color = mark.isTrouble ? errorColor(palette()) : quietColor(palette());
        painter.setPen(QPen(color, 1, Qt::DotLine));
        painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()));
        QPainterPath triangle;
        triangle.addPolygon(
            QPolygonF{{x - 4, box.top() - 5}, {x + 4, box.top() - 5}, {x, box.top() + 2}});
        painter.fillPath(triangle, color);
    }
}

void FigureChart::drawCursor(QPainter &painter) const
{
    if (!m_cursor || *m_cursor < begin() || *m_cursor > m_contents.now)
        return;
    const auto point = pointedPoint();
    const double x = xOf(point ? point->time : *m_cursor);
    const QRectF box = plot();
    painter.setPen(QPen(palette().color(QPalette::Text), 1));
    painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()));
    if (!point)
        return;
    painter.setBrush(palette().color(QPalette::Text));
    painter.drawEllipse(QPointF(x, yOf((*point.*m_figure.span).average)), 3, 3);
}

} // namespace presence::dashboard
