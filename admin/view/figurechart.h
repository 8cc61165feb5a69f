// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/figurehistory.h"

#include <QWidget>

#include <optional>

namespace presence::dashboard {

/// Something that happened, at a time of a chart.
struct ChartMark
{
    Milliseconds time{};
    QString text;
    bool isTrouble = false;
    friend bool operator==(const ChartMark &, const ChartMark &) = default;
};

/// Of a node in charts: by its place among them.
QColor nodeColor(size_t index, const QPalette &palette);

/// A figure: what it is now, and a line of what it was, in a band of its least and most. Where
/// nothing was recorded the line has a gap. All charts of a page point at the same time: by the
/// mouse, or with the arrow keys, Home and End while one has the focus; Escape ends that.
class FigureChart final : public QWidget
{
    Q_OBJECT
public:
    struct Figure
    {
        QString title;
        QString unit; ///< "" for a number of things
        Span Summary::*span;
        QString (*text)(double value);
        bool isOfNodes = false; ///< each node has one as well
    };
    explicit FigureChart(const Figure &figure, QWidget *parent = nullptr);

    struct Contents
    {
        std::vector<FigureHistory::Part> parts;
        std::vector<FigureHistory::NodeParts> nodes; ///< empty: no lines of nodes
        std::vector<ChartMark> marks;
        Range range = Range::Hour;
        Milliseconds now{};
        Summary latest;
    };
    void show(const Contents &contents);
    /// All charts show what it was at this time; nothing for what it is.
    void pointAt(std::optional<Milliseconds> time);
    /// What is shown need not be so any more.
    void setStale(bool isStale);

    const Figure &figure() const { return m_figure; }
    QString valueText() const; ///< with its unit, now or where it is pointed at
    QString spanText() const; ///< least and most of what is shown

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void pointed(std::optional<presence::Milliseconds> time);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    QRectF plot() const;
    QFont smallFont() const;
    double xOf(Milliseconds time) const;
    double yOf(double value) const;
    Milliseconds begin() const { return m_contents.now - lengthOf(m_contents.range); }
    std::vector<Summary> points() const;
    std::optional<Summary> pointedPoint() const;
    QString marksNear(const QPoint &at) const;
    void scale();
    void describe();
    void drawHead(QPainter &painter) const;
    void drawAxes(QPainter &painter) const;
    void drawBand(QPainter &painter, const FigureHistory::Part &part) const;
    void drawLine(QPainter &painter, const FigureHistory::Part &part, const QPen &pen) const;
    void drawMarks(QPainter &painter) const;
    void drawCursor(QPainter &painter) const;

    Figure m_figure;
    Contents m_contents;
    double m_top = 1; ///< of the axis
    std::optional<Milliseconds> m_cursor;
    bool m_isStale = false;
};

} // namespace presence::dashboard
