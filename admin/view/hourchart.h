// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <QtCharts/QChartView>
#include <QtCharts/QDateTimeAxis>
#include <QtCharts/QLineSeries>
#include <QtCharts/QValueAxis>

#include <deque>
#include <functional>
#include <vector>

namespace presence::dashboard {

/// A line of the last hour, and a thinner one of its peaks where there are some. Where nothing was
/// recorded it has a gap.
class HourChart final : public QChartView
{
    Q_OBJECT
public:
    using Value = std::function<double(const Figures &)>;

    /// `peak`: null for none.
    HourChart(const QString &title, Value value, Value peak = {}, QWidget *parent = nullptr);

    void show(const std::deque<Figures> &hour);
    /// What is shown need not be so any more.
    void setStale(bool isStale);

protected:
    void changeEvent(QEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;

private:
    using Lines = std::vector<QLineSeries *>; ///< one between two gaps
    void draw(Lines &lines, const std::deque<Figures> &hour, const Value &value);
    void paintAs(const QPalette &palette);

    Value m_value;
    Value m_peak;
    bool m_isStale = false;
    std::deque<Figures> m_hour;
    Lines m_lines;
    Lines m_peaks;
    QDateTimeAxis *m_times;
    QValueAxis *m_values;
};

} // namespace presence::dashboard
