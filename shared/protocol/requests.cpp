// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/requests.h"

#include "shared/protocol/limits.h"

#include <QJsonArray>
#include <QSet>

namespace presence::protocol {

using namespace Qt::StringLiterals;

static Failure invalid(QLatin1StringView field, QString why)
{
    return fail(ErrorCode::Invalid, std::move(why), QString(field));
}

/// A text field: absent, or null and "" for "clear it", or text for which `fits` holds.
template <typename Fits>
static Result<std::optional<QString>> parseText(const QJsonObject &payload, QLatin1StringView field,
                                                QString limit, Fits fits)
{
    const QJsonValue value = payload[field];
    if (value.isUndefined())
        return std::optional<QString>();
    if (value.isNull())
        return std::optional(QString());
    if (!value.isString())
        return invalid(field, u"must be a string or null"_s);
    if (!fits(value.toString()))
        return invalid(field, std::move(limit));
    return std::optional(value.toString());
}

static Result<std::optional<std::chrono::seconds>> parseClearAfter(const QJsonObject &payload)
{
    const QJsonValue value = payload["clear_after"_L1];
    if (value.isUndefined() || value.isNull())
        return std::optional<std::chrono::seconds>();
    const auto seconds = std::chrono::seconds(value.toInteger(-1));
    if (seconds < limits::kMinClearAfter || seconds > limits::kMaxClearAfter)
        return invalid("clear_after"_L1, u"must be a whole number of seconds, 1 to 2592000"_s);
    return std::optional(seconds);
}

Result<StatusChange> parseStatusChange(const QJsonObject &payload)
{
    const auto status = statusFromName(payload["status"_L1].toString());
    if (!status)
        return invalid("status"_L1, u"must be online, away, busy, offline or invisible"_s);
    auto message = parseText(
        payload, "custom_message"_L1, u"must be at most 140 characters"_s,
        [](const QString &text) { return text.toUcs4().size() <= limits::kMaxCustomMessage; });
    if (!message)
        return Failure(message.error());
    auto emoji
        = parseText(payload, "emoji"_L1, u"must be at most 64 bytes"_s,
                    [](const QString &text) { return text.toUtf8().size() <= limits::kMaxEmoji; });
    if (!emoji)
        return Failure(emoji.error());
    const auto clearAfter = parseClearAfter(payload);
    if (!clearAfter)
        return Failure(clearAfter.error());
    return StatusChange{*status, *std::move(message), *std::move(emoji), *clearAfter};
}

Result<std::vector<UserId>> parseUserIds(const QJsonObject &payload, int max)
{
    constexpr auto kField = "user_ids"_L1;
    const QJsonValue value = payload[kField];
    const QJsonArray ids = value.toArray();
    if (!value.isArray() || ids.isEmpty() || ids.size() > max)
        return invalid(kField, u"must be a list of 1 to %1 user ids"_s.arg(max));
    std::vector<UserId> users;
    QSet<UserId> seen;
    for (const QJsonValue &id : ids) {
        const auto user = parseId<UserId>(id, kField);
        if (!user)
            return Failure(user.error());
        if (!seen.contains(*user))
            users.push_back(*seen.insert(*user));
    }
    return users;
}

static std::optional<qint64> toWhole(const QJsonValue &value)
{
    if (value.isString()) {
        bool ok = false;
        const qint64 number = value.toString().toLongLong(&ok);
        return ok ? std::optional(number) : std::nullopt;
    }
    constexpr qint64 kNone = std::numeric_limits<qint64>::min();
    const qint64 number = value.toInteger(kNone);
    return number == kNone ? std::nullopt : std::optional(number);
}

Result<bool> parseDeviceState(const QJsonValue &state)
{
    if (state != "idle"_L1 && state != "active"_L1)
        return fail(ErrorCode::Invalid, u"must be idle or active"_s, u"state"_s);
    return state == "idle"_L1;
}

Result<Page> parsePage(const QJsonValue &limit, const QJsonValue &offset, int defaultLimit)
{
    const auto isAbsent = [](const QJsonValue &v) { return v.isUndefined() || v.isNull(); };
    const auto rows = isAbsent(limit) ? defaultLimit : toWhole(limit);
    if (!rows || *rows < 1 || *rows > limits::kMaxPage)
        return invalid("limit"_L1, u"must be a whole number, 1 to %1"_s.arg(limits::kMaxPage));
    const auto start = isAbsent(offset) ? 0 : toWhole(offset);
    if (!start || *start < 0 || *start > std::numeric_limits<int>::max())
        return invalid("offset"_L1, u"must be a whole number from 0"_s);
    return Page{static_cast<int>(*rows), static_cast<int>(*start)};
}

} // namespace presence::protocol
