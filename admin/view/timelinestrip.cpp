// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/timelinestrip.h"

#include "admin/model/texts.h"
#include "admin/view/plaintip.h"
#include "admin/view/theme.h"

#include <QAccessibleWidget>
#include <QDateTime>
#include <QKeyEvent>
#include <QToolTip>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr int kBarHeight = 24;

namespace {

/// What a screen reader is told besides the name.
class StripInterface final : public QAccessibleWidget
{
public:
    explicit StripInterface(TimelineStrip *strip)
        : QAccessibleWidget(strip, QAccessible::Chart), m_strip(strip)
    {
    }
    QString text(QAccessible::Text which) const override
    {
        return which == QAccessible::Value ? m_strip->valueText() : QAccessibleWidget::text(which);
    }

private:
    TimelineStrip *m_strip;
};

QAccessibleInterface *makeInterface(const QString &, QObject *object)
{
    auto *strip = qobject_cast<TimelineStrip *>(object);
    return strip ? new StripInterface(strip) : nullptr;
}

} // namespace

TimelineStrip::TimelineStrip(QWidget *parent) : QWidget(parent)
{
    static const bool isInstalled = [] {
        QAccessible::installFactory(&makeInterface);
        return true;
    }();
    Q_UNUSED(isInstalled)
    setObjectName(u"timelineStrip"_s);
    setAccessibleName(tr("What others saw in the last 24 hours"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TimelineStrip::show(const std::vector<ChangeRow> &changes, Milliseconds now)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    if (changes == m_changes && seconds == m_now)
        return;
    m_changes = changes;
    m_now = seconds;
    m_spans = timelineOf(m_changes, begin(), m_now);
    if (m_chosen && std::ranges::find(m_changes, *m_chosen) == m_changes.end())
        m_chosen.reset();
    update();
}

QSize TimelineStrip::sizeHint() const
{
    const int line = fontMetrics().height();
    return {480, 2 * kMargin + kBarHeight + 2 * (kGap + line)};
}

QSize TimelineStrip::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

QRect TimelineStrip::bar() const
{
    return {kMargin, kMargin, width() - 2 * kMargin, kBarHeight};
}

qreal TimelineStrip::xOf(Seconds time) const
{
    const std::chrono::duration<double> since = time - (begin());
    return bar().left() + bar().width() * (since / std::chrono::duration<double>(kShown));
}

const TimelineSpan *TimelineStrip::spanAt(int x) const
{
    if (x < bar().left() || x > bar().right())
        return nullptr;
    const auto span = std::ranges::find_if(
        m_spans, [&](const TimelineSpan &each) { return x < xOf(each.till); });
    return span == m_spans.end() ? nullptr : &*span;
}

QString TimelineStrip::nameOf(const std::optional<Status> &status)
{
    return status ? statusText(*status) : tr("not known");
}

/// "busy, 14:02:11 to 14:30:00 (local time)", and what made it so.
QString TimelineStrip::textOf(const TimelineSpan &span) const
{
    if (!span.change)
        return tr("not known before %1 (local time)").arg(timeText(span.till));
    const bool isCut = m_changes[*span.change].at < span.from;
    const QString from = isCut ? tr("before %1").arg(timeText(span.from)) : timeText(span.from);
    QString text = span.till == m_now
        ? tr("%1 since %2 (local time)").arg(nameOf(span.status), from)
        : tr("%1 from %2 to %3 (local time)").arg(nameOf(span.status), from, timeText(span.till));
    const ChangeRow &change = m_changes[*span.change];
    if (const QString message = messageText(change); !message.isEmpty())
        text += u'\n' + message;
    return change.cause.isEmpty() ? text : text + u'\n' + causeText(change);
}

QString TimelineStrip::valueText() const
{
    if (m_spans.empty())
        return {};
    const auto span = std::ranges::find_if(m_spans, [this](const TimelineSpan &each) {
        return each.change && m_chosen && m_changes[*each.change] == *m_chosen;
    });
    if (span != m_spans.end())
        return textOf(*span);
    // Of several in one second all but the last took no time.
    return m_chosen ? timeText(m_chosen->at) + u": "_s + statusText(m_chosen->seen) + u'\n'
            + causeText(*m_chosen)
                    : textOf(m_spans.back());
}

/// The changes that are shown, the oldest first.
std::vector<size_t> TimelineStrip::steps() const
{
    std::vector<size_t> steps;
    for (size_t i = m_changes.size(); i-- > 0;) {
        if (m_changes[i].at >= begin())
            steps.push_back(i);
    }
    return steps;
}

void TimelineStrip::choose(size_t change)
{
    m_chosen = m_changes[change];
    update();
    QAccessibleValueChangeEvent event(this, valueText());
    QAccessible::updateAccessibility(&event);
    Q_EMIT changeChosen(*m_chosen);
}

/// What was so at that time; and of what changed within the same pixel as well, that it did.
QString TimelineStrip::tipAt(int x, Seconds time) const
{
    QStringList lines;
    const TimelineSpan *first = spanAt(x);
    for (const TimelineSpan &span : m_spans) {
        const bool isFirst = &span == first;
        if (isFirst || (!lines.isEmpty() && int(xOf(span.from)) == x))
            lines.append(isFirst ? tr("At %1: %2").arg(timeText(time), textOf(span))
                                 : timeText(span.from) + u": "_s + nameOf(span.status));
    }
    return asTip(lines);
}

void TimelineStrip::keyPressEvent(QKeyEvent *event)
{
    const std::vector<size_t> all = steps();
    const auto chosen = std::ranges::find_if(
        all, [this](size_t i) { return m_chosen && m_changes[i] == *m_chosen; });
    const auto last = static_cast<qsizetype>(all.size()) - 1;
    qsizetype next = chosen == all.end() ? last + 1 : chosen - all.begin();
    switch (event->key()) {
    case Qt::Key_Left:
        next = std::max<qsizetype>(next - 1, 0);
        break;
    case Qt::Key_Right:
        next = std::min(next + 1, last);
        break;
    case Qt::Key_Home:
        next = 0;
        break;
    case Qt::Key_End:
        next = last;
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    if (all.empty())
        return;
    choose(all[size_t(next)]);
    showPlainTip(mapToGlobal(QPoint(int(xOf(m_chosen->at)), bar().bottom())), valueText(), this);
}

void TimelineStrip::mouseMoveEvent(QMouseEvent *event)
{
    const TimelineSpan *span = spanAt(event->pos().x());
    m_hovered = span ? std::optional(event->pos().x()) : std::nullopt;
    update();
    if (!span)
        return QToolTip::hideText();
    const auto part = double(event->pos().x() - bar().left()) / bar().width();
    const Seconds at = begin()
        + std::chrono::duration_cast<std::chrono::seconds>(part
                                                           * std::chrono::duration<double>(kShown));
    showPlainTip(event->globalPosition().toPoint(), tipAt(event->pos().x(), at), this);
}

void TimelineStrip::mousePressEvent(QMouseEvent *event)
{
    const TimelineSpan *span = spanAt(event->pos().x());
    if (span && span->change)
        choose(*span->change);
}

void TimelineStrip::leaveEvent(QEvent *event)
{
    QWidget::leaveEvent(event);
    m_hovered.reset();
    update();
}

void TimelineStrip::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        updateGeometry();
}

} // namespace presence::dashboard
