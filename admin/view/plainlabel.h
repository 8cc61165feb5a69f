// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLabel>

namespace presence::dashboard {

/// A label that shows text as it is. What users and other services write may look like HTML, which
/// QLabel would take for such, and load what it names.
class PlainLabel final : public QLabel
{
    Q_OBJECT
public:
    explicit PlainLabel(const QString &text = {}, QWidget *parent = nullptr) : QLabel(parent)
    {
        setTextFormat(Qt::PlainText);
        setText(text);
    }
};

} // namespace presence::dashboard
