// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/archive/mongo.h"
#include "shared/model/archiveduser.h"

#include <QHash>

namespace presence::archive {

/// An entry of a change stream.
struct Change
{
    QByteArray stream;
    QByteArray id; ///< "ms-number"
    QByteArray json; ///< as resources/lua/user/record.lua has it
};

/// What is written of `changes`: of each user its newest state, and what happened to it unless
/// `keepsHistory` is false. `nodes`: tag of a session's id -> name of the node. What is not a
/// change becomes a document that is refused.
std::vector<Document> toDocuments(const std::vector<Change> &changes, bool keepsHistory,
                                  const QHash<QByteArray, QByteArray> &nodes);

/// From a document of presence_users; nothing when it is not one.
std::optional<ArchivedUser> toArchivedUser(const QJsonObject &document);

/// What GET …/history says of a document of presence_history: times in seconds since the epoch.
/// `isPublic`: as others saw it.
QJsonObject toHistoryRow(const QJsonObject &document, bool isPublic);

/// When a document of presence_history happened.
Ms momentOf(const QJsonObject &document);

} // namespace presence::archive
