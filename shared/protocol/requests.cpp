// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/requests.h"

#include "shared/protocol/limits.h"

#include <QSet>

#include <algorithm>

namespace presence::protocol {

using namespace Qt::StringLiterals;

static Failure invalid(QLatin1StringView field, QString why)
{
    return fail(ErrorCode::Invalid, std::move(why), QString(field));
}

/// A text field: absent, or null and "" for "clear it", or text for which `fits` holds.
template <typename Fits>
static Result<std::optional<QByteArray>> parseText(const JsonView &payload, QLatin1StringView field,
                                                   QString limit, Fits fits)
{
    const JsonView value = payload[field.data()];
    if (value.isUndefined())
        return std::optional<QByteArray>();
    if (value.isNull())
        return std::optional(QByteArray(""));
    if (!value.isString())
        return invalid(field, u"must be a string or null"_s);
    if (!fits(value.bytes()))
        return invalid(field, std::move(limit));
    return std::optional(value.bytes().toByteArray());
}

static Result<std::optional<std::chrono::seconds>> parseClearAfter(const JsonView &payload)
{
    const JsonView value = payload["clear_after"];
    if (!value.isGiven())
        return std::optional<std::chrono::seconds>();
    const auto seconds = std::chrono::seconds(value.toWhole().value_or(-1));
    if (seconds < limits::kMinClearAfter || seconds > limits::kMaxClearAfter)
        return invalid("clear_after"_L1, u"must be a whole number of seconds, 1 to 2592000"_s);
    return std::optional(seconds);
}

/// Code points of valid UTF-8.
static qsizetype countCharacters(QByteArrayView utf8)
{
    return std::ranges::count_if(utf8, [](char byte) { return (uchar(byte) & 0xC0U) != 0x80U; });
}

Result<StatusChange> parseStatusChange(const JsonView &payload)
{
    const auto status = statusFromName(payload["status"].bytes());
    if (!status)
        return invalid("status"_L1, u"must be online, away, busy, offline or invisible"_s);
    auto message = parseText(
        payload, "custom_message"_L1, u"must be at most 140 characters"_s,
        [](QByteArrayView text) { return countCharacters(text) <= limits::kMaxCustomMessage; });
    if (!message)
        return Failure(message.error());
    auto emoji = parseText(payload, "emoji"_L1, u"must be at most 64 bytes"_s,
                           [](QByteArrayView text) { return text.size() <= limits::kMaxEmoji; });
    if (!emoji)
        return Failure(emoji.error());
    const auto clearAfter = parseClearAfter(payload);
    if (!clearAfter)
        return Failure(clearAfter.error());
    return StatusChange{*status, *std::move(message), *std::move(emoji), *clearAfter};
}

template <typename Id>
static Result<std::vector<Id>> parseIds(const std::vector<JsonView> &list, QLatin1StringView field)
{
    std::vector<Id> ids;
    ids.reserve(list.size());
    QSet<Id> seen;
    for (const JsonView &each : list) {
        auto id = parseId<Id>(each, field);
        if (!id)
            return Failure(id.error());
        const qsizetype before = seen.size();
        seen.insert(*id);
        if (seen.size() > before)
            ids.push_back(*std::move(id));
    }
    return ids;
}

Result<std::vector<UserId>> parseUserIds(const JsonView &payload, int max)
{
    constexpr auto kField = "user_ids"_L1;
    const std::vector<JsonView> ids = payload[kField.data()].elements();
    if (ids.empty() || ids.size() > static_cast<size_t>(max))
        return invalid(kField, u"must be a list of 1 to %1 user ids"_s.arg(max));
    return parseIds<UserId>(ids, kField);
}

template <typename Id>
static Result<std::vector<Id>> parseOptionalIds(const JsonView &list, QLatin1StringView field,
                                                int max)
{
    if (!list.isGiven())
        return std::vector<Id>();
    const std::vector<JsonView> ids = list.elements();
    if (!list.isArray() || ids.size() > static_cast<size_t>(max))
        return invalid(field, u"must be a list of %1 ids at most"_s.arg(max));
    return parseIds<Id>(ids, field);
}

Result<Restored> parseRestored(const JsonView &payload)
{
    auto channels = parseOptionalIds<ChannelId>(payload["channels"], "channels"_L1,
                                                limits::kMaxViewedChannels);
    if (!channels)
        return Failure(channels.error());
    auto watched = parseOptionalIds<UserId>(payload["watch"], "watch"_L1, limits::kMaxWatched);
    if (!watched)
        return Failure(watched.error());
    Restored restored{.channels = {}, .watched = *std::move(watched)};
    if (payload["channels"].isGiven())
        restored.channels = *std::move(channels);
    return restored;
}

Result<bool> parseDeviceState(const JsonView &state)
{
    if (state.bytes() != "idle" && state.bytes() != "active")
        return fail(ErrorCode::Invalid, u"must be idle or active"_s, u"state"_s);
    return state.bytes() == "idle";
}

Result<Page> parsePage(const PageFields &fields, int defaultLimit)
{
    bool isNumber = true;
    const qint64 rows = fields.limit ? fields.limit->toLongLong(&isNumber) : defaultLimit;
    if (!isNumber || rows < 1 || rows > limits::kMaxPage)
        return invalid("limit"_L1, u"must be a whole number, 1 to %1"_s.arg(limits::kMaxPage));
    const qint64 start = fields.offset ? fields.offset->toLongLong(&isNumber) : 0;
    if (!isNumber || start < 0 || start > std::numeric_limits<int>::max())
        return invalid("offset"_L1, u"must be a whole number from 0"_s);
    Page page{.limit = static_cast<int>(rows), .offset = static_cast<int>(start), .after = {}};
    if (!fields.after)
        return page;
    if (fields.offset)
        return invalid("after"_L1, u"goes without an offset"_s);
    auto after = parseId<UserId>(*fields.after, "after"_L1);
    if (!after)
        return Failure(after.error());
    page.after = *std::move(after);
    return page;
}

} // namespace presence::protocol
