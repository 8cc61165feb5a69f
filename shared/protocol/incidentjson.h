// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/summary.h"
#include "shared/protocol/jsonview.h"

#include <QJsonObject>

/// The JSON of what `admin:overview` tells of the past. As in adminreader.h what is missing is left
/// as it is in a new value.
namespace presence::protocol {

QJsonObject toJson(const Summary &summary);
Summary readSummary(const JsonView &json);

/// Without the members that are empty.
QJsonObject toJson(const IncidentRow &incident);
IncidentRow readIncident(const JsonView &json);

} // namespace presence::protocol
