// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLabel>

namespace presence::dashboard {

/// A label that shows text as it is. What users and other services write may look like HTML, which
/// QLabel would take for such, and load what it names. A text that is too long for its place is
/// elided, and whole in the tip: it makes no window wider.
class PlainLabel : public QLabel
{
    Q_OBJECT
public:
    explicit PlainLabel(const QString &text = {}, QWidget *parent = nullptr);

    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    bool isElided() const;
};

} // namespace presence::dashboard
