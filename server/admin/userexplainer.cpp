// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/userexplainer.h"

#include "server/admin/changetext.h"
#include "server/admin/sessiontext.h"
#include "server/redis/replies.h"
#include "shared/protocol/jsonview.h"

#include <QPointer>

#include <algorithm>

namespace presence::admin {

using namespace Qt::StringLiterals;
using redis::Reply;

/// Of what resources/lua/user/explain.lua returns.
enum Part : size_t {
    Now,
    RuleName,
    Own,
    Seen,
    Fields,
    Sessions,
    Scores,
    Channels,
    Changes,
    kParts
};
/// Of Part::Fields.
enum Field : size_t {
    Chosen,
    CustomMessage,
    Emoji,
    LastSeen,
    UpdatedAt,
    ExpiresAt,
    SeenAt,
    Places,
    kFields
};

static Seconds toSeconds(const QByteArray &text)
{
    return Seconds(std::chrono::seconds(text.toLongLong()));
}

static std::optional<Seconds> secondsIn(const Reply &field)
{
    if (field.bytes().isEmpty())
        return std::nullopt;
    return toSeconds(field.bytes());
}

/// From JSON without braces.
static StatusView toView(const QByteArray &members)
{
    StatusView view;
    const auto json = protocol::JsonView::parse('{' + members + '}');
    if (!json)
        return view;
    view.status = statusFromName((*json)["status"].bytes()).value_or(Status::Offline);
    view.customMessage = (*json)["custom_message"].bytes().toByteArray();
    view.emoji = (*json)["emoji"].bytes().toByteArray();
    return view;
}

static Rule toRule(const QByteArray &name)
{
    static const QHash<QByteArray, Rule> rules{{"hidden"_ba, Rule::Hidden},
                                               {"chosen"_ba, Rule::Chosen},
                                               {"all_idle"_ba, Rule::AllIdle},
                                               {"active"_ba, Rule::Active},
                                               {"lost"_ba, Rule::Lost}};
    return rules.value(name, Rule::NoDevice);
}

static void takeFields(UserDetails &details, const std::vector<Reply> &fields)
{
    if (fields.size() < kFields)
        return;
    details.stored.status = statusFromName(fields[Field::Chosen].bytes()).value_or(Status::Online);
    details.stored.customMessage = fields[CustomMessage].bytes();
    details.stored.emoji = fields[Emoji].bytes();
    details.lastSeen = secondsIn(fields[LastSeen]);
    details.updatedAt = secondsIn(fields[UpdatedAt]);
    details.expiresAt = secondsIn(fields[ExpiresAt]);
    details.seenAt = secondsIn(fields[SeenAt]);
    for (const QByteArray &place : fields[Places].bytes().split(' ')) {
        if (!place.isEmpty())
            details.workspaces.emplace_back(place);
    }
    details.isKnown
        = std::ranges::any_of(fields, [](const Reply &field) { return !field.bytes().isEmpty(); });
}

static std::vector<ChannelId> toChannels(const QByteArray &names)
{
    std::vector<ChannelId> channels;
    for (const QByteArray &name : names.split(' ')) {
        if (!name.isEmpty())
            channels.emplace_back(name);
    }
    return channels;
}

/// Devices that another service keeps alive, and that have no session of ours.
static void addExternal(UserDetails &details, const std::vector<Reply> &scores,
                        std::chrono::seconds ttl)
{
    for (const auto &[name, score] : redis::Pairs(scores)) {
        const DeviceId device(name.bytes());
        if (std::ranges::find(details.sessions, device, &SessionRow::device)
            != details.sessions.end())
            continue;
        const auto beat = toSeconds(score.bytes());
        details.sessions.push_back({.session = SessionId("external:" + device.bytes()),
                                    .device = device,
                                    .kind = SessionRow::Kind::External,
                                    .lastHeartbeat = beat,
                                    .deadline = beat + ttl});
    }
}

static void takeSessions(UserDetails &details, const std::vector<Reply> &parts,
                         const SessionReading &with)
{
    for (const auto &[session, text] : redis::Pairs(parts[Sessions])) {
        auto row = readSession(session.bytes(), text.bytes(), with);
        if (row && !isOver(*row, with.now))
            details.sessions.push_back(*std::move(row));
    }
    const auto channels = parts[Channels].toHash();
    for (SessionRow &row : details.sessions)
        row.channels = toChannels(channels.value(row.session.bytes()));
    addExternal(details, parts[Scores].elements(), with.ttl);
    std::ranges::sort(details.sessions, {}, &SessionRow::device);
}

static Result<UserDetails> toDetails(const UserId &user, const std::vector<Reply> &parts,
                                     const NodeNames &nodes, std::chrono::seconds ttl)
{
    if (parts.size() != kParts)
        return fail(ErrorCode::Internal, u"unexpected answer of a user script"_s);
    UserDetails details{.user = user};
    details.time = Milliseconds(std::chrono::milliseconds(parts[Now].bytes().toLongLong()));
    details.effective = toView(parts[Own].bytes());
    details.seen = toView(parts[Seen].bytes());
    takeFields(details, parts[Fields].elements());
    takeSessions(details, parts, {nodes, ttl, details.time});
    details.rule = toRule(parts[RuleName].bytes());
    for (const Reply &entry : parts[Changes].elements()) {
        auto change = readChange(entry.bytes());
        if (!change)
            continue;
        if (!change->node.isEmpty())
            change->node = nodes.nodeOf(SessionId(change->node + '-')).name;
        details.changes.push_back(*std::move(change));
    }
    details.next = nextChange(details);
    return details;
}

/// What the user will be when its chosen status is over.
static NextChange atExpiry(const UserDetails &details)
{
    const bool isIdle
        = std::ranges::all_of(details.sessions, [](const SessionRow &row) { return row.isIdle; });
    const Status live = isIdle ? Status::Away : Status::Online;
    return {*details.expiresAt, details.sessions.empty() ? Status::Offline : live, "expiry"};
}

std::optional<NextChange> nextChange(const UserDetails &details)
{
    std::optional<NextChange> next;
    if (details.expiresAt)
        next = atExpiry(details);
    // A connection that is open is refreshed: nothing says when it will end.
    const auto mayEnd = [](const SessionRow &row) {
        return row.hasEnded || row.kind != SessionRow::Kind::WebSocket || !row.isNodeAlive;
    };
    if (details.sessions.empty() || !std::ranges::all_of(details.sessions, mayEnd))
        return next;
    const auto last = std::ranges::max(details.sessions, {}, &SessionRow::deadline);
    if (!next || last.deadline < next->at)
        next = {last.deadline, Status::Offline, last.hasEnded ? "grace"_ba : "silence"_ba};
    return next;
}

void UserExplainer::read(const UserId &user, const Callback<UserDetails> &done)
{
    m_nodes.refresh([this, user, done] {
        m_store.redis.eval(
            m_store.scripts.userExplain, m_store.keys.user(user).all(),
            {user.bytes(), rules::number(m_store.config.presenceTtl), {}, {}, {}},
            [this, user, done](Result<Reply> reply) {
                done(rules::accepted(std::move(reply)).and_then([&](const Reply &value) {
                    return toDetails(user, value.elements(), m_nodes, m_store.config.presenceTtl);
                }));
            });
    });
}

} // namespace presence::admin
