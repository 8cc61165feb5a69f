// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <QString>

/// Values as an operator reads them, in the language of the application.
namespace presence::dashboard {

QString statusText(Status status);
/// What made a change, and who: in words.
QString causeText(const ChangeRow &change);
/// The emoji, and the message.
QString messageText(const ChangeRow &change);
QString kindText(EventRow::Kind kind);
QString kindText(SessionRow::Kind kind);
QString actionText(const EventRow &event);
/// What an operator has done, by the name of its command.
QString commandText(const QByteArray &command);

QString numberText(qint64 number); ///< 12,345
QString rateText(double perSecond);
QString bytesText(qint64 bytes);
/// 4 s, 12 min, 3 h 20 min, 2 d 4 h
QString durationText(std::chrono::milliseconds duration);
/// "now", or a duration with "ago"
QString agoText(Milliseconds then, Milliseconds now);

QString timeText(Milliseconds time); ///< local, without a date when it is today
/// Local and UTC, to the millisecond where there is one: for tooltips.
QString exactTimeText(Milliseconds time);
QString isoText(Milliseconds time); ///< local, with the zone's offset: for export

/// For a cell of a spreadsheet: one that would be taken for a formula gets a quote before it.
QString guardedText(QString text);

} // namespace presence::dashboard
