// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "shared/core/result.h"
#include "shared/core/strongid.h"
#include "shared/model/statuschange.h"

#include <QJsonObject>

#include <vector>

/// What clients ask for, checked: from JSON payloads, or from a query string, to values.
/// Every failure is ErrorCode::Invalid and names the field.
namespace presence::protocol {

/// {"status", "custom_message"?, "emoji"?, "clear_after"?}
Result<StatusChange> parseStatusChange(const QJsonObject &payload);

/// {"user_ids": […]}: 1 to `max` ids, order kept, duplicates removed.
Result<std::vector<UserId>> parseUserIds(const QJsonObject &payload, int max);

/// {"state": "idle" | "active"}: true for idle.
Result<bool> parseDeviceState(const QJsonValue &state);

struct Page
{
    int limit = 0; ///< rows
    int offset = 0; ///< rows
};

/// `limit` 1 to limits::kMaxPage, `offset` from 0; an undefined value takes its default. Numbers
/// may come as strings, as they do in a query.
Result<Page> parsePage(const QJsonValue &limit, const QJsonValue &offset, int defaultLimit);

/// The identifier in `value`; `field` is its name in the error.
template <typename Id>
Result<Id> parseId(const QJsonValue &value, QLatin1StringView field)
{
    // A JSON number is taken as the identifier it spells: callers have numeric user ids.
    // One that is not whole spells none, rather than the "0" that it would become.
    const bool isWhole
        = value.isDouble() && static_cast<double>(value.toInteger()) == value.toDouble();
    const QString text = isWhole ? QString::number(value.toInteger()) : value.toString();
    if (auto id = Id::parse(QStringView(text)))
        return *id;
    return fail(ErrorCode::Invalid, QStringLiteral("must be 1-128 characters of [A-Za-z0-9._:@-]"),
                QString(field));
}

} // namespace presence::protocol
