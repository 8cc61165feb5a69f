// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QAbstractButton>

namespace presence::dashboard {

/// A part of a sentence that leads somewhere: looks like a link, and is reached and pressed as a
/// button. Its text is shown as it is.
class LinkButton final : public QAbstractButton
{
    Q_OBJECT
public:
    explicit LinkButton(QWidget *parent = nullptr);

    /// `rest`: what it stands for, in lines; in its tip.
    void show(const QString &text, const QString &rest = {});
    QString shown() const { return m_shown; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QString m_shown;
    QString m_rest;
};

} // namespace presence::dashboard
