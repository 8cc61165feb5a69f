// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/statuschange.h"

#include <QComboBox>
#include <QFrame>
#include <QLineEdit>

namespace presence::dashboard {

/// Asks for a status, in place.
class StatusForm final : public QFrame
{
    Q_OBJECT
public:
    explicit StatusForm(QWidget *parent = nullptr);

    /// Begins with what is chosen now.
    void open(Status status, const QString &message, const QString &emoji);

Q_SIGNALS:
    void accepted(const presence::StatusChange &change);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void paintSigns();
    void accept();

    QComboBox *m_status;
    QLineEdit *m_message;
    QLineEdit *m_emoji;
    QComboBox *m_clearAfter;
};

} // namespace presence::dashboard
