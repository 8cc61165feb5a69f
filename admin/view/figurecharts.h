// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/overviewmodel.h"
#include "admin/view/figurechart.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace presence::dashboard {

/// A chart of each figure that is chosen, over one range, and what they have in common: the time
/// that is pointed at, the nodes, and marks where something happened. The range and the choice are
/// remembered.
class FigureCharts final : public QWidget
{
    Q_OBJECT
public:
    explicit FigureCharts(OverviewModel &overview, QWidget *parent = nullptr);

    void setRange(Range range);
    Range range() const { return m_range; }
    const std::vector<FigureChart *> &charts() const { return m_charts; }

protected:
    void resizeEvent(QResizeEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QHBoxLayout *makeBar();
    void addRange(QHBoxLayout *bar, Range range, const QString &text, const QString &name);
    void addChart(const FigureChart::Figure &figure);
    void enterAtChecked();
    void choose(FigureChart *chart, bool isShown);
    void arrange();
    void refresh();
    QLabel *addToLegend(const QString &text);
    void refreshLegend(const QByteArrayList &names);
    void pointAt(std::optional<Milliseconds> time);
    std::vector<ChartMark> marks() const;

    OverviewModel &m_overview;
    Range m_range = Range::Hour;
    std::vector<QToolButton *> m_ranges; ///< as Range is numbered
    QCheckBox *m_byNode;
    QLabel *m_time;
    QToolButton *m_choice;
    QHBoxLayout *m_legend;
    QByteArrayList m_legendNodes; ///< those without a line, too
    QGridLayout *m_grid;
    int m_columns = 0;
    std::vector<FigureChart *> m_charts;
};

} // namespace presence::dashboard
