// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/eventfilter.h"

#include "shared/protocol/requests.h"

#include <array>

namespace presence::admin {

using namespace Qt::StringLiterals;
using Kind = EventRow::Kind;

static constexpr std::array kNames{"status"_L1, "workspace"_L1, "view"_L1, "typing"_L1,
                                   "command"_L1};

QLatin1StringView toName(Kind kind)
{
    return kNames[static_cast<size_t>(kind)];
}

std::optional<Kind> eventKindFromName(QByteArrayView name)
{
    for (size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name)
            return static_cast<Kind>(i);
    }
    return std::nullopt;
}

template <typename Id>
static Result<void> read(std::optional<Id> &id, const protocol::JsonView &payload,
                         QLatin1StringView field)
{
    const auto value = payload[std::string_view(field.data(), size_t(field.size()))];
    if (!value.isGiven() || (value.isString() && value.bytes().isEmpty()))
        return {};
    const auto parsed = protocol::parseId<Id>(value, field);
    if (!parsed)
        return Failure(parsed.error());
    id = *parsed;
    return {};
}

static Result<void> readKinds(QSet<Kind> &kinds, const protocol::JsonView &list)
{
    for (const protocol::JsonView &name : list.elements()) {
        const auto kind = eventKindFromName(name.bytes());
        if (!kind)
            return fail(ErrorCode::Invalid, u"must be status, workspace, view, typing or command"_s,
                        u"kinds"_s);
        kinds.insert(*kind);
    }
    return {};
}

Result<EventFilter> EventFilter::from(const protocol::JsonView &payload)
{
    EventFilter filter;
    return readKinds(filter.kinds, payload["kinds"])
        .and_then([&] { return read(filter.user, payload, "user_id"_L1); })
        .and_then([&] { return read(filter.channel, payload, "channel_id"_L1); })
        .and_then([&] { return read(filter.workspace, payload, "workspace_id"_L1); })
        .map([&] { return filter; });
}

template <typename Id>
static bool isIn(const std::optional<Id> &wanted, const protocol::JsonView &field)
{
    return !wanted || field.bytes() == wanted->bytes();
}

bool EventFilter::matches(const protocol::JsonView &event) const
{
    return isIn(user, event["user_id"]) && isIn(channel, event["channel_id"])
        && isIn(workspace, event["workspace_id"]);
}

} // namespace presence::admin
