// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QFrame>
#include <QLabel>
#include <QList>

namespace presence::dashboard {

/// A figure with its name, and a line of how it came to be.
class FigureTile final : public QFrame
{
    Q_OBJECT
public:
    explicit FigureTile(const QString &title, QWidget *parent = nullptr);

    /// `history`: the oldest first, at even distances.
    void show(const QString &value, const QList<double> &history);
    /// What is shown is not what is so.
    void setStale(bool isStale);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_title;
    QString m_value;
    QList<double> m_history;
    bool m_isStale = false;
};

} // namespace presence::dashboard
