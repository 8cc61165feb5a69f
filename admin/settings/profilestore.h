// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "admin/settings/profile.h"

#include <QList>

#include <optional>

namespace presence::dashboard {

/// The saved profiles, in the settings of the application. No secrets.
class ProfileStore
{
public:
    QList<Profile> profiles() const; ///< by name
    std::optional<Profile> find(const QString &name) const;
    void save(const Profile &profile); ///< replaces one of the same name
    void remove(const QString &name);

    QString lastUsed() const; ///< empty for none
    void setLastUsed(const QString &name);
};

} // namespace presence::dashboard
