// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/model/admin.h"
#include "shared/protocol/jsonview.h"

/// The JSON of the admin topics, as a dashboard reads it. What is missing, or not what it should
/// be, is left as it is in a new value.
namespace presence::protocol {

Figures readFigures(const JsonView &json);
Overview readOverview(const JsonView &json);
UserRow readUserRow(const JsonView &json);
ChannelUserRow readChannelUserRow(const JsonView &json);
ChannelRow readChannelRow(const JsonView &json);
UserDetails readUserDetails(const JsonView &json);
std::vector<ChangeRow> readChanges(const JsonView &json);
GhostRow readGhostRow(const JsonView &json);
FlappingRow readFlappingRow(const JsonView &json);
FoundNames readFoundNames(const JsonView &json);
EventRow readEventRow(const JsonView &json);

/// Each element of an array as `read` has it.
template <typename Row>
std::vector<Row> readRows(const JsonView &array, Row (*read)(const JsonView &))
{
    std::vector<Row> rows;
    const auto elements = array.elements();
    rows.reserve(elements.size());
    for (const JsonView &element : elements)
        rows.push_back(read(element));
    return rows;
}

} // namespace presence::protocol
