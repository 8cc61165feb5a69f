// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/regularheartbeat.h"

#include "server/presence/storedsession.h"
#include "server/redis/replies.h"
#include "shared/model/status.h"

#include <algorithm>

namespace presence::rules {

using redis::Command;
using redis::Reply;
using namespace Qt::StringLiterals;

namespace {

using Fields = QHash<QByteArray, QByteArray>;

/// What a heartbeat writes.
struct Heard
{
    RegularHeartbeat::Beat beat;
    std::chrono::sys_time<std::chrono::milliseconds> now; ///< by the clock of the user's server
    std::vector<QByteArray> devices;
};

} // namespace

static QByteArray fieldOf(const SessionId &session)
{
    return kSessionField + session.bytes();
}

static void addOnce(std::vector<QByteArray> &devices, const DeviceId &device)
{
    if (std::ranges::find(devices, device.bytes()) == devices.end())
        devices.push_back(device.bytes());
}

/// Who hides is not refreshed as others are; nor who is not known whole, or not as others were
/// told.
static bool isRegular(const Fields &user, bool asksArchive)
{
    const QByteArray published = user.value("seen_revision"_ba);
    const auto status = statusFromName(user.value("status"_ba));
    return !published.isEmpty() && user.value("regular"_ba) == published
        && !(status && isHidden(*status)) && !(asksArchive && user.contains("unasked"_ba));
}

/// The devices of `sessions`; nothing when one has ended, or is not known.
static std::optional<std::vector<QByteArray>> devicesOf(const Fields &user,
                                                        const QList<SessionId> &sessions)
{
    std::vector<QByteArray> devices;
    for (const SessionId &id : sessions) {
        const auto session = StoredSession::parse(user.value(fieldOf(id)));
        if (!session || session->hasEnded)
            return std::nullopt;
        addOnce(devices, session->device);
    }
    return devices;
}

/// What somebody began and may not live to finish the sweeper looks at: channels of a session that
/// is over, changes that wait for the change stream; and devices of other services, and what a
/// clock wrote that was set back. `all` of the user's hash, `deviceCount` of its devices, and
/// `over` is when `own` sessions will be.
static qint64 nextCheck(const Fields &all, qint64 deviceCount, const QList<SessionId> &own,
                        std::vector<QByteArray> devices, std::chrono::sys_seconds over)
{
    std::chrono::sys_seconds first = over;
    for (auto it = all.cbegin(); it != all.cend(); ++it) {
        const QByteArray &field = it.key();
        if (field == "waiting")
            return 0;
        if (field == "expires_at")
            first
                = std::min(first, std::chrono::sys_seconds(std::chrono::seconds(it->toLongLong())));
        if (field.startsWith(kChannelsField)
            && !all.contains(kSessionField + field.sliced(qstrlen(kChannelsField))))
            return 0;
        if (!field.startsWith(kSessionField))
            continue;
        const SessionId id(field.sliced(qstrlen(kSessionField)));
        if (own.contains(id))
            continue;
        const auto session = StoredSession::parse(*it, all.value(kUntilField + id.bytes()));
        if (!session
            || std::chrono::floor<std::chrono::seconds>(session->deadline)
                > over + std::chrono::seconds(1))
            return 0;
        first = std::min(first, std::chrono::floor<std::chrono::seconds>(session->deadline));
        addOnce(devices, session->device);
    }
    return std::ssize(devices) == deviceCount ? first.time_since_epoch().count() : 0;
}

/// The fields that are read where nothing else is asked for.
static std::vector<QByteArray> namesOf(const QList<SessionId> &sessions)
{
    std::vector<QByteArray> names{"regular", "seen_revision", "status", "unasked"};
    for (const SessionId &session : sessions)
        names.push_back(fieldOf(session));
    return names;
}

static Fields toFields(const std::vector<QByteArray> &names, const std::vector<Reply> &values)
{
    Fields fields;
    for (size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
        if (!values[i].isNil())
            fields.insert(names[i], values[i].bytes());
    }
    return fields;
}

/// What was there when it was read is written once more, and the replies tell whether it still was.
static void write(const Store &store, const redis::UserKeys &keys, const QList<SessionId> &sessions,
                  const Heard &heard, Callback<std::optional<RegularHeartbeat::Beat>> done)
{
    const QByteArray now = number(std::chrono::floor<std::chrono::seconds>(heard.now));
    const QByteArray over
        = number((heard.now + store.config.presenceTtl).time_since_epoch().count());
    Command user{"HSET", keys.hash, "last_seen", now};
    for (const SessionId &session : sessions)
        user.add(kUntilField + session.bytes()).add(over);
    Command devices{"ZADD", keys.devices, "XX", "CH"};
    for (const QByteArray &device : heard.devices)
        devices.add(now).add(device);
    store.redis.pipeline(keys.hash,
                         {std::move(user),
                          std::move(devices),
                          {"EXPIRE", keys.devices, number(store.config.presenceTtl)}},
                         [beat = heard.beat, devices = std::ssize(heard.devices),
                          done = std::move(done)](Result<redis::Client::Replies> replies) {
                             replies = accepted(std::move(replies));
                             if (!replies)
                                 return done(Failure(replies.error()));
                             const bool isNew = (*replies)[0].toInteger() != 0;
                             const bool isThere = (*replies)[1].toInteger() == devices;
                             done(isNew || !isThere ? std::nullopt : std::optional(beat));
                         });
}

void RegularHeartbeat::beat(const UserId &user, const QList<SessionId> &sessions, NextCheck check,
                            std::optional<redis::Time> now,
                            Callback<std::optional<Beat>> done) const
{
    const redis::UserKeys keys = m_store.keys.user(user);
    std::vector<Command> reads;
    std::vector<QByteArray> names;
    if (check == NextCheck::Asked) {
        reads.push_back({"HGETALL", keys.hash});
        reads.push_back({"ZCARD", keys.devices});
    } else {
        names = namesOf(sessions);
        Command read{"HMGET", keys.hash};
        for (const QByteArray &name : names)
            read.add(name);
        reads.push_back(std::move(read));
    }
    if (!now)
        reads.push_back({"TIME"});
    const auto answered = [&store = m_store, keys, sessions, names = std::move(names), now,
                           done = std::move(done)](Result<redis::Client::Replies> replies) {
        replies = accepted(std::move(replies));
        if (!replies)
            return done(Failure(replies.error()));
        const auto time = now ? now : redis::readTime(replies->back());
        const auto &values = replies->front();
        const Fields fields = names.empty() ? values.toHash() : toFields(names, values.elements());
        const bool asksArchive = store.archive && store.archive->isAvailable();
        const auto devices = devicesOf(fields, sessions);
        if (!time || !devices || !isRegular(fields, asksArchive))
            return done(std::nullopt);
        Heard heard{.beat = {.published = fields.value("seen_revision"_ba)},
                    .now = std::chrono::floor<std::chrono::milliseconds>(*time),
                    .devices = *devices};
        if (names.empty())
            heard.beat.nextCheck = nextCheck(
                fields, (*replies)[1].toInteger().value_or(0), sessions, *devices,
                std::chrono::floor<std::chrono::seconds>(heard.now + store.config.presenceTtl));
        write(store, keys, sessions, heard, done);
    };
    m_store.redis.pipeline(keys.hash, std::move(reads), answered);
}

} // namespace presence::rules
