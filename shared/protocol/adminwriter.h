// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <QJsonArray>
#include <QJsonObject>

/// The JSON of the admin topics, as the daemon writes it. The README of server/admin has the
/// shapes.
namespace presence::protocol {

QJsonObject toJson(const Figures &figures);
QJsonObject toJson(const NodeRow &node);
QJsonObject toJson(const WorkspaceRow &workspace);
QJsonObject toJson(const Finding &finding);
QJsonObject toJson(const Overview &overview);
QJsonObject toJson(const SessionRow &session);
QJsonObject toJson(const ChangeRow &change);
QJsonObject toJson(const UserDetails &details);
QJsonObject toJson(const GhostRow &ghost);
QJsonObject toJson(const FlappingRow &user);
QJsonObject toJson(const ChannelRow &channel);
QJsonObject toJson(const FoundNames &found);

/// Each row as toJson() has it.
template <typename Rows>
QJsonArray toJsonArray(const Rows &rows)
{
    QJsonArray array;
    for (const auto &row : rows)
        array.append(toJson(row));
    return array;
}

} // namespace presence::protocol
