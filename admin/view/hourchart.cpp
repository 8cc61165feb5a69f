// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/hourchart.h"

#include "admin/model/texts.h"
#include "admin/view/theme.h"

#include <QDateTime>
#include <QGraphicsLayout>
#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr qint64 kHour = 3'600'000; // ms

HourChart::HourChart(const QString &title, Value value, QWidget *parent)
    : QChartView(parent), m_value(std::move(value)), m_line(new QLineSeries),
      m_times(new QDateTimeAxis), m_values(new QValueAxis)
{
    setAccessibleName(title);
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(NoFrame);
    setMouseTracking(true);
    setMinimumHeight(130);
    QChart *graph = chart();
    graph->setTitle(title);
    graph->setLocale(QLocale());
    graph->setLocalizeNumbers(true);
    graph->legend()->hide();
    graph->setMargins({4, 0, 8, 0});
    graph->layout()->setContentsMargins(0, 0, 0, 0);
    graph->setBackgroundRoundness(6);
    graph->addSeries(m_line);
    graph->addAxis(m_times, Qt::AlignBottom);
    graph->addAxis(m_values, Qt::AlignLeft);
    m_line->attachAxis(m_times);
    m_line->attachAxis(m_values);
    m_times->setFormat(u"HH:mm"_s);
    m_times->setTickCount(5);
    m_values->setTickCount(3);
    m_values->setLabelFormat(u"%.0f"_s);
    m_values->setRange(0, 1);
    paintAs(palette());
}

/// A round number that is not less, and has a round half.
static double roundUp(double value)
{
    if (value <= 0)
        return 1;
    const double unit = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0}) {
        if (value <= step * unit)
            return step * unit;
    }
    return 10 * unit;
}

void HourChart::show(const std::deque<Figures> &hour)
{
    QList<QPointF> points;
    points.reserve(static_cast<qsizetype>(hour.size()));
    double highest = 0;
    for (const Figures &figures : hour) {
        const double value = m_value(figures);
        highest = std::max(highest, value);
        points.append({double(figures.time.time_since_epoch().count()), value});
    }
    m_line->replace(points);
    if (points.isEmpty())
        return;
    // A short history fills the chart, too.
    const auto last = static_cast<qint64>(points.last().x());
    const auto first = static_cast<qint64>(points.first().x());
    const qint64 span = std::clamp<qint64>(last - first, 20'000, kHour);
    m_times->setRange(QDateTime::fromMSecsSinceEpoch(last - span),
                      QDateTime::fromMSecsSinceEpoch(last));
    m_times->setFormat(span < 600'000 ? u"HH:mm:ss"_s : u"HH:mm"_s);
    const double top = roundUp(highest);
    const bool hasWholeHalf = std::fmod(top, 2) == 0;
    m_values->setLabelFormat(hasWholeHalf ? u"%.0f"_s : top < 1 ? u"%.2f"_s : u"%.1f"_s);
    m_values->setRange(0, top);
}

void HourChart::setStale(bool isStale)
{
    if (std::exchange(m_isStale, isStale) != isStale)
        paintAs(palette());
}

void HourChart::changeEvent(QEvent *event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        paintAs(palette());
}

void HourChart::paintAs(const QPalette &palette)
{
    QChart *graph = chart();
    graph->setBackgroundBrush(palette.color(QPalette::Base));
    graph->setBackgroundPen(palette.color(QPalette::Mid));
    graph->setTitleBrush(quietColor(palette));
    graph->setTitleFont(font());
    m_line->setPen(QPen(m_isStale ? quietColor(palette) : accentColor(palette), 1.8));
    QFont small = font();
    small.setPointSizeF(font().pointSizeF() * 0.85);
    for (QAbstractAxis *axis :
         {static_cast<QAbstractAxis *>(m_times), static_cast<QAbstractAxis *>(m_values)}) {
        axis->setLabelsColor(quietColor(palette));
        axis->setLabelsFont(small);
        axis->setLinePenColor(palette.color(QPalette::Mid));
        axis->setGridLineColor(palette.color(QPalette::Mid));
    }
    m_times->setGridLineVisible(false);
}

/// The value that is nearest to the mouse.
void HourChart::mouseMoveEvent(QMouseEvent *event)
{
    QChartView::mouseMoveEvent(event);
    const QPointF at = chart()->mapToValue(chart()->mapFromScene(mapToScene(event->pos())), m_line);
    const QList<QPointF> points = m_line->points();
    const auto nearest
        = std::min_element(points.begin(), points.end(), [&at](const QPointF &a, const QPointF &b) {
              return std::abs(a.x() - at.x()) < std::abs(b.x() - at.x());
          });
    if (nearest == points.end())
        return;
    const Milliseconds time{std::chrono::milliseconds(qint64(nearest->x()))};
    QToolTip::showText(event->globalPosition().toPoint(),
                       QLocale().toString(nearest->y(), 'f', nearest->y() < 10 ? 2 : 0) + u'\n'
                           + exactTimeText(time),
                       this);
}

} // namespace presence::dashboard
