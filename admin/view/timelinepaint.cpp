// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How TimelineStrip is drawn.
#include "admin/model/texts.h"
#include "admin/view/theme.h"
#include "admin/view/timelinestrip.h"

#include <QDateTime>
#include <QPainter>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

void TimelineStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    paintBar(painter);
    paintHours(painter);
    paintLegend(painter);
    paintMarks(painter);
}

/// How much of the bar's height a status fills.
static qreal levelOf(Status status)
{
    switch (status) {
    case Status::Online:
        return 0.8;
    case Status::Busy:
        return 1;
    case Status::Away:
        return 0.7;
    case Status::Invisible:
    case Status::Offline:
        break;
    }
    return 0.15;
}

/// Returns what of `box` the status fills.
static QRectF fill(QPainter &painter, const QRectF &box, const std::optional<Status> &status,
                   const QPalette &palette)
{
    const qreal top = status ? box.height() * (1 - levelOf(*status)) : 0;
    const QRectF filled = box.adjusted(0, top, 0, 0);
    painter.fillRect(filled,
                     status ? QBrush(statusColor(*status, palette))
                            : QBrush(quietColor(palette), Qt::BDiagPattern));
    return filled;
}

void TimelineStrip::paintBar(QPainter &painter) const
{
    painter.fillRect(bar(), palette().color(QPalette::Base));
    for (const TimelineSpan &span : m_spans)
        paintSpan(painter, span);
    painter.setPen(palette().color(QPalette::Mid));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(QRectF(bar()).adjusted(0.5, 0.5, -0.5, -0.5));
}

void TimelineStrip::paintSpan(QPainter &painter, const TimelineSpan &span) const
{
    const qreal left = xOf(span.from);
    // The shortest is seen, too.
    const QRectF box(left, bar().top(), std::max(xOf(span.till) - left, 1.5), bar().height());
    painter.setRenderHint(QPainter::Antialiasing, span.status.has_value());
    const QRectF filled = fill(painter, box, span.status, palette());
    painter.setRenderHint(QPainter::Antialiasing);
    const QString name = nameOf(span.status);
    if (fontMetrics().horizontalAdvance(name) + 2 * kGrid > box.width())
        return;
    const bool isOnColor = span.status && levelOf(*span.status) > 0.5;
    if (!span.status) {
        const QRectF text = fontMetrics().boundingRect(name).translated(
            box.center().toPoint() - fontMetrics().boundingRect(name).center());
        painter.fillRect(text.adjusted(-4, 0, 4, 0), palette().color(QPalette::Base));
    }
    painter.setPen(palette().color(isOnColor ? QPalette::Base : QPalette::Text));
    painter.drawText(isOnColor ? filled : box, Qt::AlignCenter, name);
}

void TimelineStrip::paintHours(QPainter &painter) const
{
    const QFontMetrics metrics = fontMetrics();
    const int needed = metrics.horizontalAdvance(u"00:00"_s) * 3 / 2;
    const int hour = bar().width() / 24;
    int step = 24;
    for (const int each : {12, 8, 6, 4, 3, 2, 1}) {
        if (each * hour >= needed)
            step = each;
    }
    const int top = bar().bottom() + 1;
    const qint64 first = (begin()).time_since_epoch().count();
    QDateTime time = QDateTime::fromSecsSinceEpoch(first);
    time.setTime(QTime(time.time().hour(), 0));
    painter.setPen(quietColor(palette()));
    for (; time.toSecsSinceEpoch() <= first + (m_now - begin()).count();
         time = time.addSecs(3600)) {
        const int x = int(xOf(Seconds(std::chrono::seconds(time.toSecsSinceEpoch()))));
        const bool hasText = time.time().hour() % step == 0;
        if (x < bar().left() || x > bar().right())
            continue;
        painter.drawLine(x, top, x, top + (hasText ? kGap : kGap / 2));
        const QRect text(x - needed / 2, top + kGap, needed, metrics.height());
        if (hasText && rect().contains(text))
            painter.drawText(text, Qt::AlignCenter, time.toString(u"HH:mm"_s));
    }
}

void TimelineStrip::paintLegend(QPainter &painter) const
{
    const QFontMetrics metrics = fontMetrics();
    const int top = height() - kMargin - metrics.height();
    qreal x = bar().left();
    const auto add = [&](const std::optional<Status> &status) {
        const QString name = nameOf(status);
        const QRectF box(x, top + 2, metrics.height() - 4, metrics.height() - 4);
        painter.fillRect(box, palette().color(QPalette::Base));
        fill(painter, box, status, palette());
        painter.setPen(palette().color(QPalette::Mid));
        painter.drawRect(box);
        painter.setPen(palette().color(QPalette::WindowText));
        x = box.right() + kGap;
        painter.drawText(QPointF(x, top + metrics.ascent()), name);
        x += metrics.horizontalAdvance(name) + 4 * kGap;
    };
    for (const std::optional<Status> status :
         {std::optional(Status::Online), std::optional(Status::Away), std::optional(Status::Busy),
          std::optional(Status::Offline), std::optional<Status>()}) {
        if (std::ranges::find(m_spans, status, &TimelineSpan::status) != m_spans.end())
            add(status);
    }
    const QString zone
        = tr("local time (%1)").arg(QDateTime::currentDateTime().timeZoneAbbreviation());
    if (x + metrics.horizontalAdvance(zone) > bar().right())
        return;
    painter.setPen(quietColor(palette()));
    painter.drawText(QRect(bar().left(), top, bar().width(), metrics.height()),
                     Qt::AlignRight | Qt::AlignVCenter, zone);
}

void TimelineStrip::paintMarks(QPainter &painter) const
{
    painter.setBrush(palette().color(QPalette::WindowText));
    painter.setPen(palette().color(QPalette::WindowText));
    if (m_hovered)
        painter.drawLine(*m_hovered, bar().top(), *m_hovered, bar().bottom());
    if (m_chosen && m_chosen->at >= begin()) {
        const qreal x = xOf(m_chosen->at);
        painter.drawLine(QPointF(x, bar().top()), QPointF(x, bar().bottom()));
        painter.drawPolygon(QPolygonF{QPointF(x - 4, bar().top()), QPointF(x + 4, bar().top()),
                                      QPointF(x, bar().top() + 6)});
    }
    if (!hasFocus())
        return;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2));
    painter.drawRect(QRectF(bar()).adjusted(-1.5, -1.5, 1.5, 1.5));
}

} // namespace presence::dashboard
