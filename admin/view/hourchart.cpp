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

/// Between two that are recorded, one after the other.
static constexpr std::chrono::seconds kGap(25);

HourChart::HourChart(const QString &title, Value value, Value peak, QWidget *parent)
    : QChartView(parent), m_value(std::move(value)), m_peak(std::move(peak)),
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
    graph->addAxis(m_times, Qt::AlignBottom);
    graph->addAxis(m_values, Qt::AlignLeft);
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

void HourChart::draw(Lines &lines, const std::deque<Figures> &hour, const Value &value)
{
    std::vector<QList<QPointF>> parts;
    for (size_t i = 0; i < hour.size(); ++i) {
        if (i == 0 || hour[i].time - hour[i - 1].time > kGap)
            parts.emplace_back();
        parts.back().append({double(hour[i].time.time_since_epoch().count()), value(hour[i])});
    }
    while (lines.size() > parts.size()) {
        chart()->removeSeries(lines.back());
        delete lines.back();
        lines.pop_back();
    }
    while (lines.size() < parts.size()) {
        lines.push_back(new QLineSeries);
        chart()->addSeries(lines.back());
        lines.back()->attachAxis(m_times);
        lines.back()->attachAxis(m_values);
    }
    for (size_t i = 0; i < parts.size(); ++i) {
        lines[i]->replace(parts[i]);
        lines[i]->setPointsVisible(parts[i].size() == 1);
    }
}

void HourChart::show(const std::deque<Figures> &hour)
{
    if (hour == m_hour)
        return;
    m_hour = hour;
    const size_t count = m_lines.size();
    draw(m_lines, hour, m_value);
    if (m_peak)
        draw(m_peaks, hour, m_peak);
    if (m_lines.size() > count)
        paintAs(palette());
    if (hour.empty())
        return;
    double highest = 0;
    for (const Figures &figures : hour)
        highest = std::max({highest, m_value(figures), m_peak ? m_peak(figures) : 0});
    // A short history fills the chart, too.
    const qint64 last = hour.back().time.time_since_epoch().count();
    const qint64 first = hour.front().time.time_since_epoch().count();
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
    const QColor color = m_isStale ? quietColor(palette) : accentColor(palette);
    for (QLineSeries *line : m_lines)
        line->setPen(QPen(color, 1.8));
    for (QLineSeries *line : m_peaks)
        line->setPen(QPen(color, 0.7, Qt::DotLine));
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

static QString valueText(double value)
{
    return QLocale().toString(value, 'f', value < 10 ? 2 : 0);
}

/// The value that is nearest to the mouse.
void HourChart::mouseMoveEvent(QMouseEvent *event)
{
    QChartView::mouseMoveEvent(event);
    if (m_lines.empty())
        return;
    const QPointF at
        = chart()->mapToValue(chart()->mapFromScene(mapToScene(event->pos())), m_lines.front());
    const auto distance = [&at](const Figures &figures) {
        return std::abs(at.x() - double(figures.time.time_since_epoch().count()));
    };
    const Figures &nearest = *std::ranges::min_element(m_hour, {}, distance);
    QStringList lines{valueText(m_value(nearest)), exactTimeText(nearest.time)};
    if (m_peak)
        lines.insert(1, tr("peak %1").arg(valueText(m_peak(nearest))));
    QToolTip::showText(event->globalPosition().toPoint(), lines.join(u'\n'), this);
}

} // namespace presence::dashboard
