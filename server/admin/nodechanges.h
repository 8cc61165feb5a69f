// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "server/admin/incidents.h"

namespace presence::admin {

using IncidentKind = IncidentRow::Kind;

/// A state of Incidents that is another one now, and what operators are told of it.
struct NodeChange
{
    Incidents::Change change;
    std::optional<IncidentRow> incident; ///< nothing: it is no news
};

/// What became of nodes since it was told last. Whom the registry does not have, or not alive, is
/// missed only if `isSettled`: not while Redis was away a moment ago, and nodes have not said yet
/// that they are there.
std::vector<NodeChange> nodeChanges(const Incidents::Told &told, const std::vector<NodeRow> &nodes,
                                    bool isSettled);

/// The state that says that the nodes were looked at, and whoever was not alive was told of.
Incidents::Change looked(const Incidents::Told &told);

/// What a node says of itself, `kind` being NodeDraining or NodeStopped; nothing if it was told.
std::optional<NodeChange> ownChange(const Incidents::Told &told, const QByteArray &node,
                                    IncidentKind kind);

} // namespace presence::admin
