// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"

#include <QJsonArray>
#include <QJsonObject>

/// The JSON of the admin topics, as the daemon writes it. The README of server/admin has the
/// shapes.
namespace presence::protocol {

QJsonObject toJson(const admin::Figures &figures);
QJsonObject toJson(const admin::NodeRow &node);
QJsonObject toJson(const admin::WorkspaceRow &workspace);
QJsonObject toJson(const admin::Overview &overview);
QJsonObject toJson(const admin::SessionRow &session);
QJsonObject toJson(const admin::ChangeRow &change);
QJsonObject toJson(const admin::UserDetails &details);
QJsonObject toJson(const admin::GhostRow &ghost);
QJsonObject toJson(const admin::FlappingRow &user);
QJsonObject toJson(const admin::ChannelRow &channel);

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
