// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "shared/protocol/json.h"
#include "shared/protocol/limits.h"
#include "shared/protocol/requests.h"
#include "tests/fuzz/pieces.h"

#include <QSet>

using namespace presence;
using namespace presence::protocol;
using namespace Qt::StringLiterals;

static void requireText(const std::optional<QByteArray> &text, qsizetype most)
{
    fuzz::require(!text || (text->size() <= most && QUtf8StringView(*text).isValidUtf8()));
}

static QByteArray textOr(const std::optional<QByteArray> &text, const char *otherwise)
{
    return text ? quoted(*text) : QByteArray(otherwise);
}

/// What is accepted keeps the limits, and would be accepted as it is.
static void checkStatusChange(const JsonView &payload)
{
    const auto change = parseStatusChange(payload);
    if (!change)
        return;
    requireText(change->customMessage, limits::kMaxCustomMessageBytes);
    requireText(change->emoji, limits::kMaxEmoji);
    if (change->clearAfter)
        fuzz::require(*change->clearAfter >= limits::kMinClearAfter
                      && *change->clearAfter <= limits::kMaxClearAfter);
    const QByteArray again = "{\"custom_message\":" + textOr(change->customMessage, "null")
        + ",\"emoji\":" + textOr(change->emoji, "null") + '}';
    const auto json = JsonView::parse(again);
    const auto second = json.and_then(&parseStatusChange);
    fuzz::require(second && second->customMessage == change->customMessage.value_or("")
                  && second->emoji == change->emoji.value_or(""));
}

template <typename Id>
static void requireIds(const std::vector<Id> &ids, int most)
{
    fuzz::require(ids.size() <= static_cast<size_t>(most));
    QSet<Id> seen;
    for (const Id &id : ids) {
        fuzz::require(isValidId(id.bytes()) && !seen.contains(id));
        seen.insert(id);
    }
}

static void checkLists(const JsonView &payload)
{
    constexpr int kMost = 8; // what is read is short
    if (const auto users = parseUserIds(payload, kMost))
        requireIds(*users, kMost);
    if (const auto restored = parseRestored(payload)) {
        requireIds(restored->watched, limits::kMaxWatched);
        requireIds(restored->channels.value_or(std::vector<ChannelId>()),
                   limits::kMaxViewedChannels);
    }
}

static std::optional<QByteArray> field(const JsonView &payload, std::string_view name)
{
    return payload[name].isGiven() ? payload[name].toText() : std::nullopt;
}

static void checkPage(const JsonView &payload)
{
    const auto page = parsePage({.limit = field(payload, "limit"),
                                 .offset = field(payload, "offset"),
                                 .after = field(payload, "after")},
                                100);
    if (!page)
        return;
    fuzz::require(page->limit >= 1 && page->limit <= limits::kMaxPage && page->offset >= 0);
    fuzz::require(!page->after || page->offset == 0);
}

template <typename Id>
static void checkId(const JsonView &value)
{
    const auto id = parseId<Id>(value, "id"_L1);
    fuzz::require(id ? isValidId(id->bytes()) : !id.error().detail.isEmpty());
}

/// The payload of a message, or the body of a REST call.
extern "C" int LLVMFuzzerTestOneInput(const char *data, size_t size)
{
    const auto payload = JsonView::parse({data, qsizetype(size)});
    if (!payload)
        return 0;
    checkLists(*payload);
    checkPage(*payload);
    checkId<UserId>((*payload)["user_id"]);
    checkId<DeviceId>((*payload)["device_id"]);
    checkId<WorkspaceId>((*payload)["workspace_id"]);
    checkId<ChannelId>((*payload)["channel_id"]);
    (void)parseDeviceState((*payload)["state"]);
    if (const auto kind = parseDeviceKind((*payload)["kind"]))
        fuzz::require(kind->size() <= 20);
    checkStatusChange(*payload); // parses, so it is the last
    return 0;
}
