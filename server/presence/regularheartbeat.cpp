// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/regularheartbeat.h"

#include "server/presence/storedsession.h"
#include "shared/model/status.h"

#include <algorithm>

namespace presence::rules {

using redis::Client;
using redis::Command;
using redis::Reply;
using namespace Qt::StringLiterals;

/// In a pipeline: enough for its overhead, and nobody waits for long.
static constexpr size_t kUsersAtOnce = 32;

namespace {

using NextCheck = RegularHeartbeat::NextCheck;
using Fields = QHash<QByteArray, QByteArray>;

/// A user in a pipeline of several.
struct BatchedUser
{
    RegularHeartbeat::User user;
    redis::UserKeys keys;
    size_t at = 0; ///< of its first reply
    size_t replies = 0;
    // What a heartbeat writes, where the user is a regular one.
    RegularHeartbeat::Beat beat;
    std::vector<QByteArray> devices;
};

struct HeartbeatBatch
{
    const Store &store;
    RegularHeartbeat::Answer answer;
    std::optional<redis::Time> now;
    std::vector<BatchedUser> users;
};

/// What Redis has of a user.
struct StoredUser
{
    QByteArray regular; ///< as mark_regular() in resources/lua/user/lib.lua writes it
    QByteArray seenRevision;
    QByteArray status;
    bool isUnasked = false; ///< the archive, which may know more of the user
    bool hasMore = false; ///< that ends, or waits; known where the next check is asked for
    std::vector<QByteArray> sessions; ///< those that were asked for
};

enum class Verdict : quint8 { Regular, TakesRules, AsksExactly };

} // namespace

/// In the order of StoredUser's.
static Command readOf(const BatchedUser &asked)
{
    Command read{"HMGET"_ba,         asked.keys.hash, "regular"_ba,
                 "seen_revision"_ba, "status"_ba,     "unasked"_ba};
    for (const SessionId &session : asked.user.sessions)
        read.add(kSessionField, session.bytes());
    if (asked.user.check != NextCheck::NotAsked)
        read.add("expires_at"_ba).add("waiting"_ba);
    return read;
}

/// From the reply to readOf().
static StoredUser readStored(const RegularHeartbeat::User &user, const Reply &reply)
{
    constexpr size_t kBefore = 4;
    const auto &values = reply.elements();
    const auto count = size_t(user.sessions.size());
    StoredUser stored;
    if (values.size() < kBefore + count)
        return stored;
    stored.regular = values[0].bytes();
    stored.seenRevision = values[1].bytes();
    stored.status = values[2].bytes();
    stored.isUnasked = !values[3].isNil();
    for (size_t i = 0; i < count; ++i)
        stored.sessions.push_back(values[kBefore + i].bytes());
    for (size_t i = kBefore + count; i < values.size(); ++i)
        stored.hasMore = stored.hasMore || !values[i].isNil();
    return stored;
}

static StoredUser readStored(const RegularHeartbeat::User &user, const Fields &all)
{
    StoredUser stored{.regular = all.value("regular"_ba),
                      .seenRevision = all.value("seen_revision"_ba),
                      .status = all.value("status"_ba),
                      .isUnasked = all.contains("unasked"_ba),
                      .hasMore = true};
    for (const SessionId &session : user.sessions)
        stored.sessions.push_back(all.value(kSessionField + session.bytes()));
    return stored;
}

/// Who hides is not refreshed as others are; nor who is not known whole, or not as others were
/// told.
static bool isRegular(const StoredUser &stored, bool asksArchive)
{
    const auto status = statusFromName(stored.status);
    return !stored.regular.isEmpty() && !(status && isHidden(*status))
        && !(stored.isUnasked && asksArchive);
}

/// A daemon of before, which does not know the deadlines that are written here, takes a session for
/// over an hour after the other one: the rules write both. Not those of all at once who came at
/// once.
static std::chrono::seconds rewrittenAfter(const QByteArray &session)
{
    constexpr std::chrono::seconds kLeast = std::chrono::minutes(20);
    constexpr size_t kSpread = 600;
    return kLeast + std::chrono::seconds(qHash(session) % kSpread);
}

static void addOnce(std::vector<QByteArray> &devices, const QByteArray &device)
{
    if (std::ranges::find(devices, device) == devices.end())
        devices.push_back(device);
}

/// What somebody began and may not live to finish the sweeper looks at: channels of a session that
/// is over, changes that wait for the change stream; and devices of other services, and what a
/// clock wrote that was set back. `all` of the user's hash, `deviceCount` of its devices, and
/// `over` is when its sessions here will be.
static qint64 nextCheck(const BatchedUser &asked, const Fields &all, qint64 deviceCount,
                        std::chrono::sys_seconds over)
{
    std::chrono::sys_seconds first = over;
    std::vector<QByteArray> devices = asked.devices;
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
        if (asked.user.sessions.contains(id))
            continue;
        const auto session = StoredSession::parse(*it, all.value(kUntilField + id.bytes()));
        if (!session)
            return 0;
        const auto ends = std::chrono::floor<std::chrono::seconds>(session->deadline);
        if (ends > over + std::chrono::seconds(1))
            return 0;
        first = std::min(first, ends);
        addOnce(devices, session->device.bytes());
    }
    return std::ssize(devices) == deviceCount ? first.time_since_epoch().count() : 0;
}

static void addReads(std::vector<Command> &commands, BatchedUser &asked, bool asksTime)
{
    asked.at = commands.size();
    if (asked.user.check == NextCheck::AskedExactly) {
        commands.push_back({"HGETALL"_ba, asked.keys.hash});
    } else {
        commands.push_back(readOf(asked));
    }
    if (asked.user.check != NextCheck::NotAsked)
        commands.push_back({"ZCARD"_ba, asked.keys.devices});
    if (asksTime)
        commands.push_back({"TIME"_ba});
    asked.replies = commands.size() - asked.at;
}

/// Of a regular user `asked` has what is to be written then.
static Verdict judge(BatchedUser &asked, const Client::Replies &replies, redis::Time now,
                     const Store &store)
{
    const bool isExact = asked.user.check == NextCheck::AskedExactly;
    const Reply &reply = replies[asked.at];
    const Fields all = isExact ? reply.toHash() : Fields();
    const StoredUser stored = isExact ? readStored(asked.user, all) : readStored(asked.user, reply);
    // "revision", or "revision sessions" while nothing else can change what others see.
    const qsizetype space = stored.regular.indexOf(' ');
    asked.beat.published = stored.regular.left(space < 0 ? stored.regular.size() : space);
    // Who does not know the mark may have changed the user since.
    if (asked.beat.published != stored.seenRevision
        || !isRegular(stored, store.archive && store.archive->isAvailable()))
        return Verdict::TakesRules;
    const auto latest = now + store.config.presenceTtl + std::chrono::seconds(1);
    for (const QByteArray &session : stored.sessions) {
        const auto live = LiveSession::parse(session);
        // One that is further ahead was written by a clock that was set back since.
        if (!live || live->deadline > latest || now - live->deadline > rewrittenAfter(session))
            return Verdict::TakesRules;
        addOnce(asked.devices, live->device);
    }
    if (asked.user.check == NextCheck::NotAsked)
        return Verdict::Regular;
    const qint64 deviceCount = replies[asked.at + 1].toInteger().value_or(0);
    const auto over = std::chrono::floor<std::chrono::seconds>(now + store.config.presenceTtl);
    const bool isAllHere = space > 0 && !stored.hasMore
        && stored.regular.sliced(space + 1).toLongLong() == asked.user.sessions.size()
        && deviceCount == std::ssize(asked.devices);
    if (!isAllHere && !isExact)
        return Verdict::AsksExactly;
    asked.beat.nextCheck
        = isAllHere ? over.time_since_epoch().count() : nextCheck(asked, all, deviceCount, over);
    return Verdict::Regular;
}

/// What was there when it was read is written once more, and the replies tell whether it still was.
static void addWrites(std::vector<Command> &commands, BatchedUser &asked, redis::Time now,
                      const Store &store)
{
    const Decimal time(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
    const auto ends = std::chrono::floor<std::chrono::milliseconds>(now) + store.config.presenceTtl;
    const Decimal until(ends.time_since_epoch().count());
    asked.at = commands.size();
    // Of what the rules have written since they hold the later one: last_seen_by_rules.
    Command user{"HSET"_ba, asked.keys.hash, "last_seen"_ba, time};
    for (const SessionId &session : std::as_const(asked.user.sessions))
        user.add(kUntilField, session.bytes()).add(until);
    Command devices{"ZADD"_ba, asked.keys.devices, "XX"_ba, "GT"_ba, "CH"_ba};
    for (const QByteArray &device : asked.devices)
        devices.add(time).add(device);
    commands.push_back(std::move(user));
    commands.push_back(std::move(devices));
    commands.push_back(
        {"EXPIRE"_ba, asked.keys.devices, Decimal(store.config.presenceTtl.count())});
    asked.replies = commands.size() - asked.at;
}

/// The first error of a user's replies; of all, where the server could not be asked.
static std::optional<Error> errorOf(const BatchedUser &asked, Result<Client::Replies> &replies)
{
    if (!replies)
        return replies.error();
    for (size_t i = asked.at; i < asked.at + asked.replies; ++i) {
        if (auto reply = accepted(std::move((*replies)[i])); !reply)
            return reply.error();
        else
            (*replies)[i] = *std::move(reply);
    }
    return std::nullopt;
}

static void written(const HeartbeatBatch &batch, Result<Client::Replies> replies)
{
    for (const BatchedUser &asked : batch.users) {
        if (auto error = errorOf(asked, replies)) {
            batch.answer(asked.user, Failure(*std::move(error)));
            continue;
        }
        // Written to nothing where Redis has lost the user or a session: whoever announces it again
        // replaces that.
        const bool isNew = (*replies)[asked.at].toInteger() != 0;
        const bool isThere = (*replies)[asked.at + 1].toInteger() == std::ssize(asked.devices);
        batch.answer(asked.user, isNew || !isThere ? std::nullopt : std::optional(asked.beat));
    }
}

static void beatAtOnce(const Store &store, std::vector<RegularHeartbeat::User> users,
                       std::optional<redis::Time> now, const RegularHeartbeat::Answer &answer);

static void readAll(HeartbeatBatch &batch, Result<Client::Replies> replies)
{
    std::vector<Command> writes;
    const auto regular = std::make_shared<HeartbeatBatch>(
        HeartbeatBatch{batch.store, batch.answer, batch.now, {}});
    std::vector<RegularHeartbeat::User> again;
    for (BatchedUser &asked : batch.users) {
        if (auto error = errorOf(asked, replies)) {
            batch.answer(asked.user, Failure(*std::move(error)));
            continue;
        }
        const auto now
            = batch.now ? batch.now : redis::readTime((*replies)[asked.at + asked.replies - 1]);
        const Verdict verdict
            = now ? judge(asked, *replies, *now, batch.store) : Verdict::TakesRules;
        if (verdict == Verdict::TakesRules) {
            batch.answer(asked.user, std::nullopt);
        } else if (verdict == Verdict::AsksExactly) {
            asked.user.check = NextCheck::AskedExactly;
            again.push_back(std::move(asked.user));
        } else {
            addWrites(writes, asked, *now, batch.store);
            regular->users.push_back(std::move(asked));
        }
    }
    if (!again.empty())
        beatAtOnce(batch.store, std::move(again), batch.now, batch.answer);
    if (!regular->users.empty())
        batch.store.redis.pipeline(
            regular->users.front().keys.hash, std::move(writes),
            [regular](auto result) { written(*regular, std::move(result)); });
}

static void beatAtOnce(const Store &store, std::vector<RegularHeartbeat::User> users,
                       std::optional<redis::Time> now, const RegularHeartbeat::Answer &answer)
{
    const auto batch = std::make_shared<HeartbeatBatch>(HeartbeatBatch{store, answer, now, {}});
    std::vector<Command> reads;
    batch->users.reserve(users.size());
    for (RegularHeartbeat::User &user : users) {
        BatchedUser &asked = batch->users.emplace_back();
        asked.keys = store.keys.user(user.id);
        asked.user = std::move(user);
        addReads(reads, asked, !now);
    }
    store.redis.pipeline(batch->users.front().keys.hash, std::move(reads),
                         [batch](auto replies) { readAll(*batch, std::move(replies)); });
}

void RegularHeartbeat::beat(std::vector<User> users, std::optional<redis::Time> now,
                            const Answer &answer) const
{
    // Of a cluster some masters may be away.
    const auto most = std::ptrdiff_t(m_store.keys.isOnOneServer() ? kUsersAtOnce : 1);
    for (auto from = users.begin(); from != users.end();) {
        const auto to = from + std::min(users.end() - from, most);
        beatAtOnce(m_store, {std::make_move_iterator(from), std::make_move_iterator(to)}, now,
                   answer);
        from = to;
    }
}

} // namespace presence::rules
