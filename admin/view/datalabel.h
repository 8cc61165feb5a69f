// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/view/plainlabel.h"

namespace presence::dashboard {

/// A label that shows what the daemon says: greyed, with its age, while that is not what is so.
class DataLabel final : public PlainLabel
{
    Q_OBJECT
public:
    using PlainLabel::PlainLabel;

    /// In words; empty while it is live.
    void setAge(const QString &age);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_age;
};

} // namespace presence::dashboard
