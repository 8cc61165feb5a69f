// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/userpresence.h"

#include <QSet>

namespace presence {

/// Whom a caller sees, and what of them.
struct Sight
{
    UserId self; ///< sees all of itself
    bool seesTruth = false; ///< of everybody that it sees
    bool seesDevices = true; ///< of others
    /// Others are seen only while they are shown in one of these, or were last; nothing:
    /// everywhere.
    std::optional<QSet<WorkspaceId>> within;

    bool isOf(const UserId &user) const { return user == self; }

    Viewer viewerOf(const UserId &user) const
    {
        return seesTruth || isOf(user) ? Viewer::SelfOrAdmin : Viewer::Other;
    }

    /// Where `user` has to be shown for that.
    std::optional<QSet<WorkspaceId>> withinOf(const UserId &user) const
    {
        return isOf(user) ? std::nullopt : within;
    }

    /// `places`: workspaces, separated by spaces.
    bool includes(const UserId &user, QByteArrayView places) const
    {
        if (!within || isOf(user))
            return true;
        while (!places.isEmpty()) {
            const qsizetype end = places.indexOf(' ');
            const QByteArrayView place = end < 0 ? places : places.first(end);
            if (within->contains(WorkspaceId(place.toByteArray())))
                return true;
            places = places.sliced(end < 0 ? places.size() : end + 1);
        }
        return false;
    }

    /// What it sees of a user, who is like one that was never there when it is not to be seen.
    UserPresence seen(UserPresence presence) const
    {
        if (!includes(presence.user, presence.places))
            return {.user = presence.user, .view = kNobody};
        if (!seesDevices && viewerOf(presence.user) == Viewer::Other)
            presence.devices.clear();
        return presence;
    }
};

} // namespace presence
