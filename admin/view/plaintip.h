// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QHelpEvent>
#include <QRect>
#include <QWidget>

namespace presence::dashboard {

/// Shows `text` as a tip as it is, however it looks, and cut where it is longer than anybody reads.
/// No text hides the tip that is there.
void showPlainTip(const QHelpEvent &event, const QString &text, QWidget *widget,
                  const QRect &area = {});

/// In one line, breaks being visible; cut where no window shows it any more.
QString inOneLine(QString text);

} // namespace presence::dashboard
