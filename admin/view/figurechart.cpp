// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// What a chart knows and answers; figurechartpaint.cpp draws it.
#include "admin/view/figurechart.h"

#include "admin/model/texts.h"
#include "admin/view/plaintip.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHelpEvent>
#include <QKeyEvent>

#include <algorithm>
#include <cmath>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

/// From a mark, in pixels.
static constexpr double kNear = 5;

namespace {

/// Its value and what it was, for those who do not see it.
class AccessibleChart final : public QAccessibleWidget
{
public:
    explicit AccessibleChart(FigureChart *chart) : QAccessibleWidget(chart, QAccessible::Chart) { }

    QString text(QAccessible::Text kind) const override
    {
        const auto *chart = static_cast<const FigureChart *>(widget());
        if (kind == QAccessible::Name)
            return chart->figure().title;
        if (kind == QAccessible::Value)
            return chart->valueText();
        return kind == QAccessible::Description ? chart->spanText() : QAccessibleWidget::text(kind);
    }
};

QAccessibleInterface *makeAccessible(const QString &, QObject *object)
{
    auto *chart = qobject_cast<FigureChart *>(object);
    return chart ? new AccessibleChart(chart) : nullptr;
}

} // namespace

FigureChart::FigureChart(const Figure &figure, QWidget *parent) : QWidget(parent), m_figure(figure)
{
    [[maybe_unused]] static const bool isInstalled
        = (QAccessible::installFactory(&makeAccessible), true);
    setAccessibleName(figure.title);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
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

void FigureChart::show(const Contents &contents)
{
    m_contents = contents;
    scale();
    describe();
    update();
}

/// Of the parts that are in the range; a line that begins before it goes on to its edge.
void FigureChart::scale()
{
    double highest = 0;
    for (FigureHistory::Part &part : m_contents.parts) {
        std::erase_if(part, [this](const Summary &each) { return each.time < begin(); });
        for (const Summary &each : part)
            highest = std::max(highest, (each.*m_figure.span).most);
    }
    std::erase_if(m_contents.parts, [](const auto &part) { return part.empty(); });
    m_top = roundUp(highest);
}

void FigureChart::describe()
{
    setAccessibleDescription(spanText());
    if (!QAccessible::isActive())
        return;
    QAccessibleValueChangeEvent changed(this, valueText());
    QAccessible::updateAccessibility(&changed);
}

static QString withUnit(const QString &value, const QString &unit)
{
    return unit.isEmpty() ? value : value + u' ' + unit;
}

QString FigureChart::valueText() const
{
    const auto point = pointedPoint();
    if (m_cursor && !point)
        return tr("nothing recorded");
    const Summary &summary = point ? *point : m_contents.latest;
    if (summary.time == Milliseconds())
        return u"\u2013"_s;
    return withUnit(m_figure.text((summary.*m_figure.span).average), m_figure.unit);
}

QString FigureChart::spanText() const
{
    const auto all = m_cursor ? std::vector<Summary>() : points();
    const auto point = m_cursor ? pointedPoint()
        : all.empty()           ? std::nullopt
                                : std::optional(merged(all));
    if (!point)
        return {};
    const Span &span = *point.*m_figure.span;
    return tr("least %1, most %2").arg(m_figure.text(span.least), m_figure.text(span.most));
}

std::vector<Summary> FigureChart::points() const
{
    std::vector<Summary> points;
    for (const FigureHistory::Part &part : m_contents.parts)
        points.insert(points.end(), part.begin(), part.end());
    return points;
}

/// Nothing in a gap.
std::optional<Summary> FigureChart::pointedPoint() const
{
    const auto all = m_cursor ? points() : std::vector<Summary>();
    if (all.empty())
        return std::nullopt;
    const auto distance
        = [this](const Summary &each) { return std::chrono::abs(each.time - *m_cursor); };
    // A few pixels beside a line are still it.
    const auto reach = lengthOf(m_contents.range) / 100;
    const auto isAt = [&](const FigureHistory::Part &part) {
        return !part.empty() && *m_cursor >= part.front().time - reach
            && *m_cursor <= part.back().time + reach;
    };
    if (std::ranges::none_of(m_contents.parts, isAt))
        return std::nullopt;
    return *std::ranges::min_element(all, {}, distance);
}

void FigureChart::pointAt(std::optional<Milliseconds> time)
{
    if (std::exchange(m_cursor, time) == time)
        return;
    describe();
    update();
}

void FigureChart::setStale(bool isStale)
{
    if (std::exchange(m_isStale, isStale) != isStale)
        update();
}

QString FigureChart::marksNear(const QPoint &at) const
{
    QStringList texts;
    for (const ChartMark &mark : m_contents.marks) {
        if (std::abs(xOf(mark.time) - at.x()) <= kNear)
            texts.append(timeText(mark.time) + u"  "_s + mark.text);
    }
    return asTip(texts);
}

bool FigureChart::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto &help = *static_cast<QHelpEvent *>(event);
    showPlainTip(help, marksNear(help.pos()), this);
    return true;
}

/// At the nearest time that something is known of.
void FigureChart::mouseMoveEvent(QMouseEvent *event)
{
    const QRectF box = plot();
    const auto all = points();
    if (all.empty() || box.width() <= 0)
        return;
    const double share = std::clamp((event->position().x() - box.left()) / box.width(), 0., 1.);
    const auto at = begin()
        + std::chrono::milliseconds(qint64(share * double(lengthOf(m_contents.range).count())));
    Q_EMIT pointed(at);
}

void FigureChart::leaveEvent(QEvent *event)
{
    QWidget::leaveEvent(event);
    Q_EMIT pointed(std::nullopt);
}

void FigureChart::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    Q_EMIT pointed(std::nullopt);
}

void FigureChart::keyPressEvent(QKeyEvent *event)
{
    const auto all = points();
    const int key = event->key();
    const bool isMove
        = key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Home || key == Qt::Key_End;
    if (key == Qt::Key_Escape && m_cursor)
        return pointed(std::nullopt);
    if (!isMove || all.empty())
        return QWidget::keyPressEvent(event);
    const auto now = pointedPoint();
    const auto found = now ? std::ranges::find(all, now->time, &Summary::time) : all.end();
    auto at = found - all.begin();
    const auto last = qint64(all.size()) - 1;
    if (key == Qt::Key_Home)
        at = 0;
    else if (key == Qt::Key_End || found == all.end())
        at = last;
    else
        at = std::clamp<qint64>(at + (key == Qt::Key_Left ? -1 : 1), 0, last);
    Q_EMIT pointed(all[size_t(at)].time);
}

} // namespace presence::dashboard
