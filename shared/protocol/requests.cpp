// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/requests.h"

#include "shared/protocol/limits.h"

#include <QSet>
#include <QTextBoundaryFinder>

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace presence::protocol {

using namespace Qt::StringLiterals;

static Failure invalid(QLatin1StringView field, QString why)
{
    return fail(ErrorCode::Invalid, std::move(why), QString(field));
}

/// Reorders what stands around it, or breaks the line: of no use in one, and of some to whoever
/// writes another's name backwards.
static bool isLayout(char32_t character)
{
    return (character >= 0x202A && character <= 0x202E) // embedding and override
        || (character >= 0x2066 && character <= 0x2069) // isolates
        || character == 0x2028 || character == 0x2029;
}

/// Takes no room and joins nothing. ZWJ and ZWNJ, and the marks of direction, are part of writing:
/// of emoji, of Persian, of Hebrew with figures.
static bool isInvisible(char32_t character)
{
    return character == 0x200B || character == 0xFEFF
        || (character >= 0x2060 && character <= 0x2064);
}

static bool isMark(char32_t character)
{
    return (character >= 0x200C && character <= 0x200F) || character == 0x061C;
}

/// Why people cannot be shown it, or nothing.
static std::optional<QString> faultIn(const QString &text)
{
    const QList<uint> characters = text.toUcs4();
    if (!characters.isEmpty() && std::ranges::all_of(characters, isMark))
        return u"must have something to be seen"_s;
    for (const char32_t character : characters) {
        if (QChar::category(character) == QChar::Other_Control)
            return u"must not contain control characters"_s;
        if (isLayout(character))
            return u"must not contain line separators or bidirectional controls"_s;
        if (isInvisible(character))
            return u"must not contain zero-width characters"_s;
        // What half a surrogate pair has become.
        if (character == QChar::ReplacementCharacter)
            return u"must not contain half a character"_s;
    }
    return std::nullopt;
}

/// As a person counts them.
static int countCharacters(const QString &text)
{
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, text);
    int count = 0;
    while (finder.toNextBoundary() >= 0)
        ++count;
    return count;
}

/// A text field: absent, or null and "" for "clear it", or text in NFC.
static Result<std::optional<QByteArray>> parseText(const JsonView &payload, QLatin1StringView field,
                                                   qsizetype maxBytes, int maxCharacters)
{
    const JsonView value = payload[field.data()];
    if (value.isUndefined())
        return std::optional<QByteArray>();
    if (value.isNull())
        return std::optional(QByteArray(""));
    if (!value.isString())
        return invalid(field, u"must be a string or null"_s);
    // Normalizing takes the square of the combining marks, and makes a third of it at least.
    constexpr qsizetype kLongest = 4;
    if (value.bytes().size() > kLongest * maxBytes)
        return invalid(field, u"must be at most %1 bytes"_s.arg(maxBytes));
    const QString text = QString::fromUtf8(value.bytes()).normalized(QString::NormalizationForm_C);
    if (const auto fault = faultIn(text))
        return invalid(field, *fault);
    if (countCharacters(text) > maxCharacters)
        return invalid(field, u"must be at most %1 characters"_s.arg(maxCharacters));
    const QByteArray bytes = text.toUtf8();
    if (bytes.size() > maxBytes)
        return invalid(field, u"must be at most %1 bytes"_s.arg(maxBytes));
    return std::optional(bytes);
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

/// Nothing when it is left out.
static Result<std::optional<Status>> parseStatus(const JsonView &payload)
{
    if (payload["status"].isUndefined())
        return std::optional<Status>();
    const auto status = statusFromName(payload["status"].bytes());
    if (!status)
        return invalid("status"_L1, u"must be online, away, busy, offline or invisible"_s);
    return std::optional(*status);
}

Result<StatusChange> parseStatusChange(const JsonView &payload)
{
    const auto status = parseStatus(payload);
    if (!status)
        return Failure(status.error());
    auto message = parseText(payload, "custom_message"_L1, limits::kMaxCustomMessageBytes,
                             limits::kMaxCustomMessage);
    if (!message)
        return Failure(message.error());
    auto emoji = parseText(payload, "emoji"_L1, limits::kMaxEmoji, limits::kMaxEmoji);
    if (!emoji)
        return Failure(emoji.error());
    const auto clearAfter = parseClearAfter(payload);
    if (!clearAfter)
        return Failure(clearAfter.error());
    if (!*status && !*message && !*emoji && !*clearAfter)
        return invalid("status"_L1, u"is missing, and so is everything else"_s);
    return StatusChange{*status, *std::move(message), *std::move(emoji), *clearAfter};
}

template <typename Id>
static Result<std::vector<Id>> parseIds(const std::vector<JsonView> &list, QLatin1StringView field)
{
    std::vector<Id> ids;
    ids.reserve(list.size());
    // Of what is in `ids`, which does not move. Hashes by Qt take several times as long.
    std::unordered_set<std::string_view> seen;
    seen.reserve(list.size());
    for (const JsonView &each : list) {
        auto id = parseId<Id>(each, field);
        if (!id)
            return Failure(id.error());
        const QByteArray &bytes = ids.emplace_back(*std::move(id)).bytes();
        if (!seen.emplace(bytes.constData(), bytes.size()).second)
            ids.pop_back();
    }
    return ids;
}

Result<std::vector<UserId>> parseUserIds(const JsonView &payload, int max)
{
    constexpr auto kField = "user_ids"_L1;
    const std::vector<JsonView> ids = payload[kField.data()].elements();
    if (!payload[kField.data()].isArray() || ids.size() > static_cast<size_t>(max))
        return invalid(kField, u"must be a list of %1 user ids at most"_s.arg(max));
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

Result<QByteArray> parseDeviceKind(const JsonView &kind)
{
    if (!kind.isGiven())
        return QByteArray();
    const QByteArray text = kind.isString() ? kind.bytes().toByteArray() : QByteArray();
    constexpr qsizetype kMost = 20;
    const auto isOfKinds = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    if (text.isEmpty() || text.size() > kMost || !std::ranges::all_of(text, isOfKinds))
        return fail(ErrorCode::Invalid, u"must be 1-20 characters of [a-z0-9_-]"_s, u"kind"_s);
    return text;
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
