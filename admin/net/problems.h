// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace presence::dashboard {

/// Why a connection has ended, or did not come about, for the operator.
struct Ending
{
    QString problem; ///< a sentence
    bool isFinal = false; ///< coming back with the same token and address is of no use
};

/// Of a connection that was open.
Ending endingOf(int closeCode);
/// Of one that did not come about: by what QWebSocket says.
Ending endingOf(const QString &error, bool isUntrusted);

/// What the daemon answers, as the operator should read it.
QString reasonInWords(const QString &reason);

} // namespace presence::dashboard
