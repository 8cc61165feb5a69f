// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLocale>

namespace presence::dashboard {

/// Has the application speak the language of `locale`; English where there is no translation.
void installTranslations(const QLocale &locale);

} // namespace presence::dashboard
