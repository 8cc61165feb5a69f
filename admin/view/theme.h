// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/status.h"

#include <QColor>
#include <QIcon>
#include <QPalette>

namespace presence::dashboard {

/// Light, dark, or as the desktop is.
enum class Scheme : quint8 { System, Light, Dark };

/// Distances are multiples of it, or halves.
inline constexpr int kGrid = 8;

void applyScheme(Scheme scheme);
bool isDark(const QPalette &palette);

/// Colours that people who see few colours tell apart, too; never the only sign of anything.
QColor statusColor(Status status, const QPalette &palette);
QColor warningColor(const QPalette &palette);
QColor errorColor(const QPalette &palette);
QColor successColor(const QPalette &palette);
QColor accentColor(const QPalette &palette); ///< of lines in charts
/// Of text that matters less, readable all the same.
QColor quietColor(const QPalette &palette);
/// The window with a little of a colour: what is written there is as readable as on the window.
QColor washed(const QColor &color, const QPalette &palette);

/// Each status has a shape of its own: a disc, a crescent, a bar on a square, a ring, a broken
/// ring.
QIcon statusIcon(Status status, const QPalette &palette);
QIcon statusIcon(Status status, const QColor &color);
QIcon warningIcon(const QPalette &palette);
QIcon warningIcon(const QColor &color);
/// `name`: one of resources/icons/pages.
QIcon pageIcon(const QString &name, const QColor &color);

} // namespace presence::dashboard
