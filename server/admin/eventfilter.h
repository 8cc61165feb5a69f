// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/model/admin.h"
#include "shared/protocol/jsonview.h"

#include <QSet>

#include <optional>

namespace presence::admin {

/// Which events an operator wants to see.
struct EventFilter
{
    using Kind = EventRow::Kind;

    QSet<Kind> kinds; ///< empty: all
    std::optional<UserId> user;
    std::optional<ChannelId> channel;
    std::optional<WorkspaceId> workspace;

    /// {"kinds"?, "user_id"?, "channel_id"?, "workspace_id"?}. ErrorCode::Invalid names the field.
    static Result<EventFilter> from(const protocol::JsonView &payload);

    bool wants(Kind kind) const { return kinds.isEmpty() || kinds.contains(kind); }
    /// `event` has user_id, and channel_id or workspace_id if it is about one.
    bool matches(const protocol::JsonView &event) const;
};

/// The name on the wire.
QLatin1StringView toName(EventRow::Kind kind);
std::optional<EventRow::Kind> eventKindFromName(QByteArrayView name);

} // namespace presence::admin
