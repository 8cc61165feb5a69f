// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/core/strongid.h"
#include "shared/model/statuschange.h"
#include "shared/model/userpresence.h"
#include "shared/protocol/jsonview.h"

#include <vector>

/// What clients ask for, checked: from JSON payloads, or from a query string, to values.
/// Every failure is ErrorCode::Invalid and names the field.
namespace presence::protocol {

/// {"status", "custom_message"?, "emoji"?, "clear_after"?}
Result<StatusChange> parseStatusChange(const JsonView &payload);

/// {"user_ids": […]}: 1 to `max` ids, order kept, duplicates removed.
Result<std::vector<UserId>> parseUserIds(const JsonView &payload, int max);

/// What a client says again with each join, because clients repeat join params and not pushes.
struct Restored
{
    /// That the device looks at; nothing: what its last connection looked at.
    std::optional<std::vector<ChannelId>> channels;
    std::vector<UserId> watched;
};

/// `channels` and `watch` of join params; nobody is watched where that is left out.
Result<Restored> parseRestored(const JsonView &payload);

/// `kind` of a device: 1 to 20 of [a-z0-9_-]; "" where it is left out.
Result<QByteArray> parseDeviceKind(const JsonView &kind);

/// {"state": "idle" | "active"}: true for idle.
Result<bool> parseDeviceState(const JsonView &state);

/// As they come with a request.
struct PageFields
{
    std::optional<QByteArray> limit;
    std::optional<QByteArray> offset;
    std::optional<QByteArray> after;
};

/// `limit` 1 to limits::kMaxPage, `offset` from 0, as digits; what is left out takes its default.
Result<Page> parsePage(const PageFields &fields, int defaultLimit);

/// The identifier that `text` is; `field` is its name in the error.
template <typename Id>
Result<Id> parseId(QByteArrayView text, QLatin1StringView field)
{
    if (auto id = Id::parse(text))
        return *id;
    return fail(ErrorCode::Invalid, idFault(text), QString(field));
}

/// A whole JSON number is taken as the identifier it spells: callers have numeric user ids.
template <typename Id>
Result<Id> parseId(const JsonView &value, QLatin1StringView field)
{
    return value.isString() ? parseId<Id>(value.bytes(), field)
                            : parseId<Id>(value.toText().value_or(QByteArray()), field);
}

} // namespace presence::protocol
