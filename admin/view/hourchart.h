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

namespace presence::dashboard {

/// A line of the last hour.
class HourChart final : public QChartView
{
    Q_OBJECT
public:
    using Value = std::function<double(const Figures &)>;

    HourChart(const QString &title, Value value, QWidget *parent = nullptr);

    void show(const std::deque<Figures> &hour);
    /// What is shown need not be so any more.
    void setStale(bool isStale);

protected:
    void changeEvent(QEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;

private:
    void paintAs(const QPalette &palette);

    Value m_value;
    bool m_isStale = false;
    QLineSeries *m_line;
    QDateTimeAxis *m_times;
    QValueAxis *m_values;
};

} // namespace presence::dashboard
