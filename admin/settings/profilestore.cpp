// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "admin/settings/profilestore.h"

#include <QSettings>

#include <algorithm>

namespace presence::dashboard {

using namespace Qt::StringLiterals;

static const QString kList = u"profiles"_s;
static const QString kLast = u"lastProfile"_s;

QList<Profile> ProfileStore::profiles() const
{
    QSettings settings;
    QList<Profile> profiles;
    const int count = settings.beginReadArray(kList);
    for (int i = 0; i < count; ++i) {
        settings.setArrayIndex(i);
        profiles.append({settings.value(u"name"_s).toString(), settings.value(u"url"_s).toUrl(),
                         QByteArray::fromHex(settings.value(u"certificate"_s).toByteArray())});
    }
    settings.endArray();
    std::ranges::sort(profiles, {}, &Profile::name);
    return profiles;
}

std::optional<Profile> ProfileStore::find(const QString &name) const
{
    for (const Profile &profile : profiles()) {
        if (profile.name == name)
            return profile;
    }
    return std::nullopt;
}

static void write(const QList<Profile> &profiles)
{
    QSettings settings;
    settings.remove(kList);
    settings.beginWriteArray(kList);
    for (int i = 0; i < profiles.size(); ++i) {
        settings.setArrayIndex(i);
        settings.setValue(u"name"_s, profiles[i].name);
        settings.setValue(u"url"_s, profiles[i].url);
        settings.setValue(u"certificate"_s,
                          QString::fromLatin1(profiles[i].trustedCertificate.toHex()));
    }
    settings.endArray();
}

void ProfileStore::save(const Profile &profile)
{
    QList<Profile> all = profiles();
    all.removeIf([&profile](const Profile &other) { return other.name == profile.name; });
    write(all << profile);
}

void ProfileStore::remove(const QString &name)
{
    QList<Profile> all = profiles();
    all.removeIf([&name](const Profile &other) { return other.name == name; });
    write(all);
}

QString ProfileStore::lastUsed() const
{
    return QSettings().value(kLast).toString();
}

void ProfileStore::setLastUsed(const QString &name)
{
    QSettings().setValue(kLast, name);
}

} // namespace presence::dashboard
