// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/view/figurecharts.h"

#include "admin/model/incidentsmodel.h"
#include "admin/view/plainlabel.h"
#include "admin/view/theme.h"

#include <QButtonGroup>
#include <QDateTime>
#include <QMenu>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static constexpr int kLeastWidth = 190; ///< of a chart, pixels
static constexpr int kSpace = 8;
static constexpr qsizetype kMostNodes = 6; ///< that have a line
static constexpr int kLeastName = 8; ///< of one of them, characters

static QString whole(double value)
{
    return value < 10 && value != std::floor(value) ? QLocale().toString(value, 'f', 1)
                                                    : numberText(qRound64(value));
}

static QString latencyText(double value)
{
    return QLocale().toString(value, 'f', value < 10 ? 2 : 0);
}

static QString rangeKey()
{
    return u"overview/range"_s;
}

static QString hiddenKey()
{
    return u"overview/hiddenFigures"_s;
}

FigureCharts::FigureCharts(OverviewModel &overview, QWidget *parent)
    : QWidget(parent), m_overview(overview), m_byNode(new QCheckBox(tr("By node"))),
      m_time(new PlainLabel), m_choice(new QToolButton), m_legend(new QHBoxLayout),
      m_grid(new QGridLayout)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kSpace);
    layout->addLayout(makeBar());
    layout->addLayout(m_legend);
    m_grid->setSpacing(kSpace);
    layout->addLayout(m_grid, 1);
    const QString perSecond = tr("/s");
    addChart({tr("Online users"), {}, &Summary::users, &whole});
    addChart({tr("Connected devices"), {}, &Summary::devices, &whole, true});
    addChart({tr("Connections"), {}, &Summary::connections, &whole, true});
    addChart({tr("Active channels"), {}, &Summary::channels, &whole});
    addChart({tr("Typing"), {}, &Summary::typing, &whole});
    addChart({tr("Joins"), perSecond, &Summary::joins, &rateText, true});
    addChart({tr("Messages in"), perSecond, &Summary::messages, &rateText, true});
    addChart({tr("Events"), perSecond, &Summary::events, &rateText, true});
    addChart({tr("Deliveries"), perSecond, &Summary::deliveries, &rateText, true});
    addChart({tr("Redis latency"), tr("ms"), &Summary::redisLatency, &latencyText});
    const int saved = QSettings().value(rangeKey(), int(Range::Hour)).toInt();
    setRange(saved >= 0 && saved <= int(Range::Day) ? Range(saved) : Range::Hour);
    connect(&overview, &OverviewModel::changed, this, &FigureCharts::refresh);
    connect(&overview, &OverviewModel::joined, this, &FigureCharts::refresh);
    connect(&overview.connection(), &Connection::stateChanged, this, &FigureCharts::refresh);
}

QHBoxLayout *FigureCharts::makeBar()
{
    auto *bar = new QHBoxLayout;
    bar->setSpacing(kSpace);
    auto *group = new QButtonGroup(this);
    addRange(bar, Range::FiveMinutes, tr("5 min"), tr("Last 5 minutes"));
    addRange(bar, Range::Hour, tr("1 h"), tr("Last hour"));
    addRange(bar, Range::Day, tr("24 h"), tr("Last 24 hours"));
    for (QToolButton *button : m_ranges)
        group->addButton(button);
    m_byNode->setObjectName(u"byNode"_s);
    m_byNode->setToolTip(tr("A line a node, for five minutes, as far as this dashboard was open"));
    connect(m_byNode, &QCheckBox::toggled, this, &FigureCharts::refresh);
    bar->addWidget(m_byNode);
    m_legend->setSpacing(kSpace);
    bar->addStretch(1);
    m_time->setObjectName(u"chartTime"_s);
    m_time->setAccessibleName(tr("Time that the charts show"));
    bar->addWidget(m_time);
    m_choice->setText(tr("Figures"));
    m_choice->setPopupMode(QToolButton::InstantPopup);
    m_choice->setFocusPolicy(Qt::StrongFocus);
    // The style's own has its arrow in the text.
    m_choice->setStyleSheet(
        u"QToolButton { padding: 4px 24px 4px 8px; border: 1px solid palette(mid); border-radius: "
        u"4px; }"
        "QToolButton:focus { border: 2px solid palette(text); padding: 3px 23px 3px 7px; }"
        "QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: right center; right: 8px; }"_s);
    m_choice->setMenu(new QMenu(m_choice));
    bar->addWidget(m_choice);
    return bar;
}

void FigureCharts::addRange(QHBoxLayout *bar, Range range, const QString &text, const QString &name)
{
    auto *button = new QToolButton;
    button->setObjectName(u"range%1"_s.arg(int(range)));
    button->setText(text);
    button->setAccessibleName(name);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    // Which one is on is hardly seen in the style's own dark colours.
    button->setStyleSheet(
        u"QToolButton { padding: 4px 8px; border: 1px solid palette(mid); border-radius: 4px; }"
        "QToolButton:checked { background: palette(highlight); color: palette(highlighted-text); }"
        "QToolButton:focus { border: 2px solid palette(text); padding: 3px 7px; }"_s);
    connect(button, &QToolButton::clicked, this, [this, range] { setRange(range); });
    button->installEventFilter(this);
    bar->addWidget(button);
    m_ranges.push_back(button);
}

/// By Tab, wherever the arrow keys have led before.
void FigureCharts::enterAtChecked()
{
    for (QToolButton *button : m_ranges)
        button->setFocusPolicy(button->isChecked() ? Qt::StrongFocus : Qt::ClickFocus);
}

bool FigureCharts::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::FocusOut)
        enterAtChecked();
    return QWidget::eventFilter(watched, event);
}

void FigureCharts::addChart(const FigureChart::Figure &figure)
{
    auto *chart = new FigureChart(figure, this);
    connect(chart, &FigureChart::pointed, this, &FigureCharts::pointAt);
    m_charts.push_back(chart);
    const bool isHidden = QSettings().value(hiddenKey()).toStringList().contains(figure.title);
    chart->setVisible(!isHidden);
    QAction *action = m_choice->menu()->addAction(figure.title);
    action->setCheckable(true);
    action->setChecked(!isHidden);
    connect(action, &QAction::toggled, this,
            [this, chart](bool isShown) { choose(chart, isShown); });
}

void FigureCharts::choose(FigureChart *chart, bool isShown)
{
    chart->setVisible(isShown);
    QStringList hidden;
    for (const FigureChart *each : m_charts) {
        if (each->isHidden())
            hidden.append(each->figure().title);
    }
    QSettings().setValue(hiddenKey(), hidden);
    m_columns = 0;
    arrange();
}

void FigureCharts::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    arrange();
}

/// As few rows as charts can be read in, all as long.
void FigureCharts::arrange()
{
    std::vector<FigureChart *> shown;
    std::ranges::copy_if(m_charts, std::back_inserter(shown),
                         [](const FigureChart *chart) { return !chart->isHidden(); });
    const int count = std::max(1, int(shown.size()));
    const int most = std::clamp((width() + kSpace) / (kLeastWidth + kSpace), 1, count);
    const int rows = (count + most - 1) / most;
    const int columns = (count + rows - 1) / rows;
    if (std::exchange(m_columns, columns) == columns)
        return;
    for (FigureChart *chart : m_charts)
        m_grid->removeWidget(chart);
    for (int column = 0; column < m_grid->columnCount(); ++column)
        m_grid->setColumnStretch(column, column < columns ? 1 : 0);
    for (int i = 0; i < int(shown.size()); ++i) {
        m_grid->addWidget(shown[size_t(i)], i / columns, i % columns);
        m_grid->setColumnStretch(i % columns, 1);
    }
}

void FigureCharts::setRange(Range range)
{
    m_range = range;
    QSettings().setValue(rangeKey(), int(range));
    m_ranges[size_t(range)]->setChecked(true);
    enterAtChecked();
    m_byNode->setEnabled(range == Range::FiveMinutes);
    refresh();
}

std::vector<ChartMark> FigureCharts::marks() const
{
    std::vector<ChartMark> marks;
    for (const IncidentRow &incident : m_overview.incidents()) {
        const QString where = QString::fromUtf8(incident.node);
        const QString what = incidentText(incident);
        marks.push_back({incident.time, where.isEmpty() ? what : what + u" \u2013 "_s + where,
                         isTrouble(incident)});
    }
    return marks;
}

void FigureCharts::refresh()
{
    if (!m_overview.hasData())
        return;
    const bool isStale = m_overview.isStale();
    const bool isByNode = m_byNode->isChecked() && m_range == Range::FiveMinutes;
    FigureChart::Contents contents{.parts = m_overview.history().parts(m_range),
                                   .nodes = {},
                                   .marks = marks(),
                                   .range = m_range,
                                   .now = m_overview.now().figures.time,
                                   .latest = toSummary(m_overview.now().figures)};
    if (isStale)
        contents.now = std::max(contents.now, m_overview.clock().now());
    auto nodes
        = isByNode ? m_overview.history().nodeParts() : std::vector<FigureHistory::NodeParts>();
    QByteArrayList names;
    for (const FigureHistory::NodeParts &each : nodes)
        names.append(each.node);
    refreshLegend(names);
    if (nodes.size() > size_t(kMostNodes))
        nodes.resize(size_t(kMostNodes));
    for (FigureChart *chart : m_charts) {
        contents.nodes = chart->figure().isOfNodes ? nodes : decltype(nodes)();
        chart->show(contents);
        chart->setStale(isStale);
    }
}

/// In a row that makes the page no wider.
QLabel *FigureCharts::addToLegend(const QString &text)
{
    auto *label = new PlainLabel(text);
    label->setMinimumWidth(kLeastName * fontMetrics().averageCharWidth());
    m_legend->addWidget(label);
    return label;
}

void FigureCharts::refreshLegend(const QByteArrayList &names)
{
    if (std::exchange(m_legendNodes, names) == names)
        return;
    while (QLayoutItem *item = m_legend->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (qsizetype i = 0; i < std::min(names.size(), kMostNodes); ++i) {
        const QString sign = i % 2 == 0 ? u"\u2501 "_s : u"\u254c "_s;
        QLabel *label = addToLegend(sign + QString::fromUtf8(names[i]));
        QPalette own = label->palette();
        own.setColor(QPalette::WindowText, nodeColor(size_t(i), palette()));
        label->setPalette(own);
    }
    if (names.size() > kMostNodes) {
        QLabel *more = addToLegend(tr("and %n more", nullptr, int(names.size() - kMostNodes)));
        more->setObjectName(u"moreNodes"_s);
        more->setToolTip(tr("Nodes that have no line here. The table has all nodes."));
    }
    if (!names.isEmpty())
        addToLegend(tr("since this dashboard was opened"));
    m_legend->addStretch(1);
}

void FigureCharts::pointAt(std::optional<Milliseconds> time)
{
    for (FigureChart *chart : m_charts)
        chart->pointAt(time);
    QString text;
    if (time) {
        const auto local = QDateTime::fromMSecsSinceEpoch(time->time_since_epoch().count());
        text = tr("%1 %2 (%3 UTC)")
                   .arg(local.toString(u"yyyy-MM-dd HH:mm:ss"_s), local.timeZoneAbbreviation(),
                        local.toUTC().toString(u"HH:mm:ss"_s));
    }
    m_time->setText(text);
}

} // namespace presence::dashboard
