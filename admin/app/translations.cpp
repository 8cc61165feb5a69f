// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/app/translations.h"

#include <QCoreApplication>
#include <QLibraryInfo>
#include <QTranslator>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

void installTranslations(const QLocale &locale)
{
    auto *ours = new QTranslator(QCoreApplication::instance());
    // English has a file of its own, for its plurals.
    if (ours->load(locale, u"presence-admin"_s, u"_"_s, u":/i18n"_s)
        || ours->load(u":/i18n/presence-admin_en.qm"_s))
        QCoreApplication::installTranslator(ours);
    auto *qt = new QTranslator(QCoreApplication::instance());
    if (qt->load(locale, u"qtbase"_s, u"_"_s, QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(qt);
}

} // namespace presence::dashboard
