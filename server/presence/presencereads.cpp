// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

// The reading half of PresenceTracker.
#include "server/presence/presencetracker.h"

#include "server/redis/replies.h"
#include "shared/core/decimal.h"

#include <QTimer>

#include <algorithm>
#include <optional>

namespace presence::rules {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using redis::Reply;
using Replies = redis::Client::Replies;

static Timestamp toTimestamp(const Reply &reply)
{
    return Timestamp(std::chrono::seconds(reply.toInteger().value_or(0)));
}

/// What resources/lua/user/read.lua returns.
static constexpr size_t kReadFields = 9;
/// The user's connections have so long, so many times, to say what Redis has lost of it.
static constexpr auto kAnnouncePause = 50ms;
static constexpr int kAnnouncePauses = 5;

/// Redis knows nothing of the user.
static bool isBlank(const Reply &reply)
{
    return reply.elements().size() == kReadFields && reply.elements()[7].toInteger() == 2;
}

/// Connections of the user have to be asked what it is.
static bool isHeld(const Reply &known)
{
    return known.toInteger() == 3;
}

static bool isLost(const Result<Reply> &reply)
{
    return reply && reply->elements().size() == kReadFields
        && (reply->elements()[7].toInteger() == 1 || isHeld(reply->elements()[7]));
}

static UserPresence toPresence(const UserId &user, const Reply &reply)
{
    UserPresence presence{.user = user};
    const auto &fields = reply.elements();
    if (fields.size() != kReadFields)
        return presence;
    presence.view = fields[0].bytes();
    if (!fields[1].bytes().isEmpty())
        presence.lastSeen = toTimestamp(fields[1]);
    presence.revision = fields[2].toInteger().value_or(0);
    for (const auto &[device, beat] : redis::Pairs(fields[3]))
        presence.devices.push_back({DeviceId(device.bytes()), toTimestamp(beat)});
    presence.chosen = statusFromName(fields[4].bytes()).value_or(Status::Online);
    presence.leftAt = fields[5].toInteger().value_or(0);
    presence.clientHeld = fields[6].bytes();
    presence.places = fields[8].bytes();
    return presence;
}

/// What others were told last, and where workspaces are isolated, where the user is shown.
static redis::Command seenOf(const QByteArray &key, const PresenceConfig &config)
{
    redis::Command command{"HMGET"_ba,     key, "seen"_ba, "last_seen"_ba, "last_seen_by_rules"_ba,
                           "updated_at"_ba};
    if (config.isolates)
        command.add("places"_ba).add("last_places"_ba);
    return command;
}

/// As take_last_seen() in resources/lua/user/lib.lua.
static std::optional<Timestamp> lastSeen(const QByteArray &written, const QByteArray &byRules,
                                         const QByteArray &updatedAt)
{
    const qsizetype mark = byRules.indexOf('=');
    const bool isExact = mark >= 0 && byRules.left(mark) == updatedAt;
    const qint64 rules = Decimal::parse(QByteArrayView(byRules).sliced(mark + 1)).value_or(0);
    const qint64 seen = isExact ? rules : std::max(rules, Decimal::parse(written).value_or(0));
    return seen > 0 ? std::optional(Timestamp(std::chrono::seconds(seen))) : std::nullopt;
}

/// Takes the answer to seenOf(). False when nobody was told anything, though another service may
/// have written the user.
static bool takeSeen(UserPresence &presence, const Reply &reply)
{
    const auto &fields = reply.elements();
    if (fields.size() < 4 || fields[0].isNil())
        return false;
    presence.view = fields[0].bytes();
    presence.lastSeen = lastSeen(fields[1].bytes(), fields[2].bytes(), fields[3].bytes());
    if (fields.size() == 6)
        presence.places = fields[fields[4].bytes().isEmpty() ? 5 : 4].bytes();
    return true;
}

/// An answer that needs no rules: what others were told last, and with which devices. It takes as
/// long for who hides as for who is away. Nothing where nobody was told anything.
/// Nor where a device is so old that it may be gone: whether it is Redis' clock says.
static std::optional<UserPresence> toPublished(const UserId &user, const Reply &seen,
                                               const Reply &devices, std::chrono::seconds ttl)
{
    UserPresence presence{.user = user};
    if (seen.isError() || devices.isError() || !takeSeen(presence, seen))
        return std::nullopt;
    if (presence.view.startsWith(R"("status":"offline",)"))
        return presence;
    const auto oldest = std::chrono::system_clock::now() - ttl / 2;
    for (const auto &[device, beat] : redis::Pairs(devices)) {
        presence.devices.push_back({DeviceId(device.bytes()), toTimestamp(beat)});
        if (presence.devices.back().lastHeartbeat < oldest)
            return std::nullopt;
    }
    return presence;
}

void PresenceTracker::getPresence(const UserId &user, Viewer viewer,
                                  Callback<UserPresence> done) const
{
    m_store.guard<UserPresence>(
        std::move(done), [this, user, viewer](Callback<UserPresence> guarded) {
            if (viewer == Viewer::SelfOrAdmin)
                return readUser(user, "truth"_ba, kAnnouncePauses, std::move(guarded));
            const redis::UserKeys keys = m_store.keys.user(user);
            const auto begin = std::chrono::steady_clock::now();
            m_store.redis.pipeline(
                keys.hash,
                {seenOf(keys.hash, m_store.config),
                 {"ZRANGE"_ba, keys.devices, "0"_ba, "-1"_ba, "WITHSCORES"_ba}},
                [this, user, begin, guarded = std::move(guarded)](const Result<Replies> &replies) {
                    // Who has waited for long is not to wait so once more. But where only the
                    // connection was lost, the next may be there at once.
                    if (!replies
                        && (replies.error().code == ErrorCode::Timeout
                            || std::chrono::steady_clock::now() - begin
                                > redis::Connection::kRetryWindow))
                        return guarded(Failure(replies.error()));
                    std::optional<UserPresence> published;
                    if (replies)
                        published = toPublished(user, (*replies)[0], (*replies)[1],
                                                m_store.config.presenceTtl);
                    if (published)
                        return guarded(*std::move(published));
                    readUser(user, "public"_ba, kAnnouncePauses, guarded);
                });
        });
}

void PresenceTracker::readUser(const UserId &user, const QByteArray &how, int pauses,
                               Callback<UserPresence> done) const
{
    const auto read = [this, user, how, pauses, done = std::move(done)](Result<Reply> reply) {
        reply = accepted(std::move(reply));
        if (!reply)
            return done(Failure(reply.error()));
        if (isBlank(*reply) && pauses > 0 && m_recaller.isPossible())
            return m_recaller.recall(user, Recaller::For::Reader, [this, user, how, done](bool) {
                readUser(user, how, 0, done);
            });
        if (!isLost(reply) || pauses == 0)
            return done(toPresence(user, *reply));
        if (isHeld(reply->elements()[7]))
            askConnections(user);
        QTimer::singleShot(kAnnouncePause, &m_store.redis, [this, user, how, pauses, done] {
            readUser(user, how, pauses - 1, done);
        });
    };
    m_store.redis.eval(m_store.scripts.userRead, m_store.keys.user(user).all(),
                       {user.bytes(),
                        number(m_store.config.presenceTtl),
                        {},
                        {},
                        m_store.keys.controlEvents(user),
                        how},
                       read);
}

void PresenceTracker::askConnections(const UserId &user) const
{
    m_store.redis.eval(m_store.scripts.userAsk, m_store.keys.user(user).all(),
                       {user.bytes(),
                        number(m_store.config.presenceTtl),
                        {},
                        {},
                        m_store.keys.controlEvents(user)},
                       [](const auto &) {});
}

namespace {

/// The rows of a bulk answer while they come in. It is answered when all of them are, with the
/// first error if there is one: else those that a master of a cluster refuses at once would let the
/// next bulk begin, while the rest of this one is still at the others.
struct Collector final : redis::ReplySink, std::enable_shared_from_this<Collector>
{
    using ReadRow = std::function<void(const UserId &, Callback<UserPresence>)>;

    Collector(const std::vector<UserId> &users, Callback<std::vector<UserPresence>> callback)
        : rows(users.size()), left(users.size()), done(std::move(callback))
    {
        for (size_t i = 0; i < users.size(); ++i)
            rows[i].user = users[i];
    }

    /// Of what others were told last.
    void take(size_t index, Result<Reply> reply) override
    {
        reply = accepted(std::move(reply));
        if (!reply)
            fail(reply.error());
        else if (takeSeen(rows[index], *reply))
            took();
        else
            read(rows[index].user, ofRow(index));
    }

    Callback<UserPresence> ofRow(size_t index)
    {
        return [self = shared_from_this(), index](Result<UserPresence> row) {
            if (!row)
                return self->fail(row.error());
            self->rows[index] = *std::move(row);
            self->took();
        };
    }

    void fail(const Error &why)
    {
        if (!error)
            error = why;
        took();
    }

    void took()
    {
        if (--left > 0)
            return;
        if (error)
            done(Failure(*error));
        else
            done(std::move(rows));
    }

    std::vector<UserPresence> rows; ///< each has its user from the beginning
    size_t left;
    Callback<std::vector<UserPresence>> done;
    ReadRow read; ///< for whom others were told nothing
    std::optional<Error> error;
};

} // namespace

void PresenceTracker::getBulkPresence(const std::vector<UserId> &users,
                                      const std::function<Viewer(const UserId &)> &viewerOf,
                                      Callback<std::vector<UserPresence>> done) const
{
    if (users.empty())
        return done(std::vector<UserPresence>());
    m_store.guard<std::vector<UserPresence>>(
        std::move(done), [=, this](Callback<std::vector<UserPresence>> guarded) {
            readBulk(users, viewerOf, std::move(guarded));
        });
}

void PresenceTracker::readBulk(const std::vector<UserId> &users,
                               const std::function<Viewer(const UserId &)> &viewerOf,
                               Callback<std::vector<UserPresence>> done) const
{
    const auto collector = std::make_shared<Collector>(users, std::move(done));
    collector->read = [this](const UserId &user, Callback<UserPresence> row) {
        readUser(user, "public"_ba, kAnnouncePauses, std::move(row));
    };
    // The client sends them all in one write: a pipeline.
    for (size_t i = 0; i < users.size(); ++i) {
        if (viewerOf(users[i]) == Viewer::SelfOrAdmin) {
            getPresence(users[i], Viewer::SelfOrAdmin, collector->ofRow(i));
            continue;
        }
        // What others were told last needs no script.
        const QByteArray key = m_store.keys.userHash(users[i]);
        m_store.redis.command(key, seenOf(key, m_store.config), {collector, i});
    }
}

void PresenceTracker::readSeen(const UserId &user, Callback<bus::UserEvent> done) const
{
    m_store.guard<bus::UserEvent>(std::move(done), [this, user](Callback<bus::UserEvent> guarded) {
        readSeen(user, m_recaller.isPossible(), std::move(guarded));
    });
}

void PresenceTracker::readSeen(const UserId &user, bool asksArchive,
                               Callback<bus::UserEvent> done) const
{
    const auto read = [this, user, asksArchive, done = std::move(done)](Result<Reply> reply) {
        reply = accepted(std::move(reply));
        if (!reply)
            return done(Failure(reply.error()));
        const auto &fields = reply->elements();
        if (fields.size() != 4)
            return done(fail(ErrorCode::Internal, u"unexpected answer of a user"_s));
        if (isHeld(fields[2]))
            askConnections(user);
        if (fields[2].toInteger() == 1 && asksArchive)
            return m_recaller.recall(user, Recaller::For::Reader,
                                     [this, user, done](bool) { readSeen(user, false, done); });
        done(bus::UserEvent{fields[0].bytes().toULongLong(), fields[1].bytes(), fields[3].bytes()});
    };
    m_store.redis.eval(m_store.scripts.userPublished, m_store.keys.user(user).all(),
                       {user.bytes(),
                        number(m_store.config.presenceTtl),
                        {},
                        {},
                        m_store.keys.controlEvents(user),
                        m_store.config.isolates ? "1"_ba : "0"_ba},
                       read);
}

void PresenceTracker::getOnlineUsers(const WorkspaceId &workspace, const Page &page,
                                     Callback<OnlinePage> done) const
{
    const auto toPage = [page](const Reply &reply) -> Result<OnlinePage> {
        OnlinePage result{.limit = page.limit, .offset = page.offset, .next = {}};
        if (reply.elements().size() != 3)
            return fail(ErrorCode::Internal, u"unexpected answer of the online list"_s);
        result.total = reply.elements()[0].toInteger().value_or(0);
        for (const auto &[user, beat] : redis::Pairs(reply.elements()[1]))
            result.rows.push_back({UserId(user.bytes()), toTimestamp(beat)});
        if (const QByteArray next = reply.elements()[2].bytes(); !next.isEmpty())
            result.next = UserId(next);
        return result;
    };
    m_store.guard<OnlinePage>(std::move(done), [=, this](Callback<OnlinePage> guarded) {
        const auto keys = m_store.keys.workspace(workspace);
        m_store.redis.eval(m_store.scripts.workspaceOnline, {keys.online, keys.roster, keys.order},
                           {number(m_store.config.presenceTtl), number(page.offset),
                            number(page.limit), page.after ? page.after->bytes() : ""_ba},
                           [toPage, guarded = std::move(guarded)](Result<Reply> reply) {
                               guarded(accepted(std::move(reply)).and_then(toPage));
                           });
    });
}

void PresenceTracker::readWorkspace(const WorkspaceId &workspace, Callback<Roster> done) const
{
    const auto toRoster = [](const Reply &reply) -> Result<Roster> {
        const auto &fields = reply.elements();
        if (fields.size() < 2)
            return fail(ErrorCode::Internal, u"unexpected answer of a workspace"_s);
        Roster roster{.sequence = fields[0].bytes().toULongLong(),
                      .since = fields[1].bytes().toULongLong()};
        for (size_t i = 2; i + 1 < fields.size(); i += 2)
            roster.metas.insert(UserId(fields[i].bytes()), fields[i + 1].bytes());
        return roster;
    };
    m_store.guard<Roster>(std::move(done), [=, this](Callback<Roster> guarded) {
        m_store.redis.eval(m_store.scripts.workspaceSnapshot,
                           {m_store.keys.workspace(workspace).roster}, {},
                           [toRoster, guarded = std::move(guarded)](Result<Reply> reply) {
                               guarded(accepted(std::move(reply)).and_then(toRoster));
                           });
    });
}

} // namespace presence::rules
