// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/model/timeline.h"

#include <QWidget>

namespace presence::dashboard {

/// What others saw of a user in the last 24 hours, in local time: each status has a colour, a
/// height and a name; what is not known is hatched. Left and Right go from change to change.
class TimelineStrip final : public QWidget
{
    Q_OBJECT
public:
    explicit TimelineStrip(QWidget *parent = nullptr);

    /// `changes`: the newest first, older ones than are shown, too.
    void show(const std::vector<ChangeRow> &changes, Milliseconds now);

    /// Of the change that is chosen, else of what is so now; as it is read aloud.
    QString valueText() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void changeChosen(const ChangeRow &change); ///< by a key or a click

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    static constexpr std::chrono::hours kShown{24};
    static constexpr int kMargin = 3; ///< for the frame of the focus
    static constexpr int kGap = 4;

    static QString nameOf(const std::optional<Status> &status);
    Seconds begin() const { return m_now - kShown; }
    QRect bar() const;
    qreal xOf(Seconds time) const;
    const TimelineSpan *spanAt(int x) const;
    QString textOf(const TimelineSpan &span) const;
    std::vector<size_t> steps() const;
    void choose(size_t change);
    QString tipAt(int x, Seconds time) const;

    void paintBar(QPainter &painter) const;
    void paintSpan(QPainter &painter, const TimelineSpan &span) const;
    void paintHours(QPainter &painter) const;
    void paintLegend(QPainter &painter) const;
    void paintMarks(QPainter &painter) const;

    std::vector<ChangeRow> m_changes;
    Seconds m_now{};
    std::vector<TimelineSpan> m_spans;
    std::optional<ChangeRow> m_chosen;
    std::optional<int> m_hovered; ///< where the mouse is
};

} // namespace presence::dashboard
