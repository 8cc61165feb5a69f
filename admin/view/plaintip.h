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
/// The same at a place of the screen.
void showPlainTip(const QPoint &at, const QString &text, QWidget *widget, const QRect &area = {});

/// A line each; of more than anybody reads the first ones, and how many more there are.
QString asTip(const QStringList &lines);

/// In one line, breaks being visible; cut where no window shows it any more.
QString inOneLine(QString text);

} // namespace presence::dashboard
