// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/namesearch.h"

#include "server/presence/noderegistry.h"
#include "server/presence/storedsession.h"
#include "server/redis/replies.h"
#include "shared/core/reservedid.h"

#include <QTimer>

#include <algorithm>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;

/// Names that Redis looks at in one command.
static constexpr int kSlice = 1000;
/// Users whose devices are looked at in one pipeline.
static constexpr int kDeviceSlice = 250;
static constexpr qsizetype kMostServers = 1000;
/// Users of the archive, and how long it is waited for.
static constexpr int kMostArchived = 100;
static constexpr auto kArchivePatience = 1s;

std::optional<NameSearch::Place> NameSearch::Place::from(const QByteArray &text)
{
    if (text.isEmpty())
        return Place();
    const QByteArrayList parts = text.split('.');
    Place place;
    bool ok[4]{};
    if (parts.size() != 4)
        return std::nullopt;
    place.stage = parts[0].toInt(&ok[0]);
    place.server = parts[1].toInt(&ok[1]);
    place.cursor = QByteArray::number(parts[2].toULongLong(&ok[2]));
    place.examined = parts[3].toLongLong(&ok[3]);
    const bool isOne = std::ranges::all_of(ok, std::identity()) && place.stage > Exact
        && place.stage < End && place.server >= 0 && place.server < kMostServers
        && place.examined >= 0;
    return isOne ? std::optional(place) : std::nullopt;
}

QByteArray NameSearch::Place::toText() const
{
    if (stage == End)
        return {};
    return rules::number(stage) + '.' + rules::number(server) + '.' + cursor + '.'
        + rules::number(examined);
}

NameSearch::NameSearch(const Sources &sources, QByteArray text, Place from,
                       Callback<FoundNames> done)
    : m_sources(sources), m_store(sources.store), m_text(std::move(text)), m_place(std::move(from)),
      m_done(std::move(done))
{
}

void NameSearch::start()
{
    // Who knows the whole name need not wait.
    m_deadline.setRemainingTime(m_place.stage == Place::Exact ? 0ms : kPart);
    step();
}

/// What begins with the text, as MATCH takes it.
QByteArray NameSearch::pattern(const QByteArray &before) const
{
    QByteArray escaped = before;
    for (const char c : m_text) {
        if (QByteArrayView("*?[\\").contains(c))
            escaped += '\\';
        escaped += c;
    }
    return escaped + '*';
}

bool NameSearch::isEnough() const
{
    return m_place.stage == Place::End || m_deadline.hasExpired()
        || m_found.users.size() + m_found.archived.size() + m_found.devices.size()
            + m_found.channels.size() + m_found.workspaces.size()
        >= kMostFound;
}

void NameSearch::step()
{
    if (m_place.examined >= kMostExamined) {
        m_found.isComplete = false;
        m_place.stage = Place::End;
    }
    // Each part gets on, whatever its time.
    if (m_slice.isValid() && isEnough())
        return finish();
    m_slice.start();
    switch (m_place.stage) {
    case Place::Exact:
        return lookUp();
    case Place::Archived:
        return askArchive();
    case Place::Workspaces:
        return scanSet(KeySpace::kWorkspaces);
    case Place::Channels:
        return scanSet(KeySpace::kDueChannels);
    case Place::OnlineUsers:
        return scanSet(KeySpace::kDueUsers);
    case Place::AllUsers:
        return scanUsers();
    case Place::Devices:
        return scanDevices();
    default:
        finish();
    }
}

void NameSearch::finish()
{
    m_found.examined = m_place.examined;
    m_found.next = m_place.toText();
    m_done(std::move(m_found));
}

void NameSearch::refuse()
{
    m_done(fail(ErrorCode::Unavailable, QStringLiteral("unavailable")));
}

/// In a cluster others may be there.
void NameSearch::skip()
{
    if (m_store.keys.isOnOneServer())
        return refuse();
    m_found.isComplete = false;
    endSlice("0", 0);
}

void NameSearch::endSlice(const QByteArray &cursor, qint64 examined)
{
    m_place.examined += examined;
    m_place.cursor = cursor;
    if (cursor.isEmpty() || cursor == "0")
        nextStage();
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(
        std::chrono::nanoseconds(m_slice.nsecsElapsed()));
    QTimer::singleShot(pause, &m_store.redis, [self = shared_from_this()] { self->step(); });
}

void NameSearch::nextStage()
{
    m_place.cursor = "0";
    if (m_place.stage == Place::AllUsers
        && ++m_place.server < static_cast<qsizetype>(m_store.redis.routes().size()))
        return;
    ++m_place.stage;
}

void NameSearch::lookUp()
{
    if (!isValidId(m_text))
        return readNodes();
    const QByteArray key = m_store.keys.userHash(UserId(m_text));
    m_store.redis.command(key, {"EXISTS", key}, [self = shared_from_this()](Result<Reply> reply) {
        reply = rules::accepted(std::move(reply));
        if (!reply && self->m_store.keys.isOnOneServer())
            return self->refuse();
        self->m_found.isComplete = reply.has_value();
        if (reply && reply->toInteger() == 1)
            self->m_found.users.emplace_back(self->m_text);
        self->readNodes();
    });
}

void NameSearch::readNodes()
{
    rules::readNodes(m_store, [self = shared_from_this()](const auto &nodes) {
        if (!nodes)
            return self->skip();
        for (const NodeRow &node : *nodes) {
            if (node.name.startsWith(self->m_text))
                self->m_found.nodes.push_back(node.name);
        }
        self->endSlice("0", static_cast<qint64>(nodes->size()));
    });
}

void NameSearch::askArchive()
{
    if (!m_sources.archive)
        return endSlice("0", 0);
    const auto take = [self = shared_from_this(), isOver = std::make_shared<bool>(false)](
                          const Result<std::vector<ArchivedUser>> &users) {
        if (!std::exchange(*isOver, true))
            self->takeArchived(users);
    };
    QTimer::singleShot(kArchivePatience, m_sources.shard,
                       [take] { take(fail(ErrorCode::Timeout, {})); });
    m_sources.archive->findBeginning(m_text, kMostArchived, m_sources.shard, take);
}

void NameSearch::takeArchived(const Result<std::vector<ArchivedUser>> &users)
{
    m_found.isArchiveAway = !users;
    if (!users || users->empty())
        return endSlice("0", 0);
    std::vector<Command> commands;
    for (const ArchivedUser &user : *users)
        commands.push_back({"EXISTS", m_store.keys.userHash(user.user)});
    const QByteArray route = commands.front().key().toByteArray();
    m_store.redis.gather(route, std::move(commands),
                         [self = shared_from_this(), users = *users](const auto &known) {
                             self->noteUnknown(users, known);
                             self->endSlice("0", static_cast<qint64>(users.size()));
                         });
}

/// The others are found among those that Redis knows.
void NameSearch::noteUnknown(const std::vector<ArchivedUser> &users,
                             const redis::Client::Replies &known)
{
    for (size_t i = 0; i < users.size(); ++i) {
        if (known[i].toInteger() == 1)
            continue;
        FoundArchived found{.user = users[i].user, .lastSeen = {}};
        if (users[i].lastSeen > 0)
            found.lastSeen = Seconds(std::chrono::seconds(users[i].lastSeen));
        m_found.archived.push_back(std::move(found));
    }
}

/// Of a stage that looks at a sorted set.
void NameSearch::takeName(const QByteArray &name)
{
    if (isReserved(name) || !name.startsWith(m_text))
        return;
    if (m_place.stage == Place::Workspaces)
        m_found.workspaces.emplace_back(name);
    else if (m_place.stage == Place::Channels)
        m_found.channels.emplace_back(name);
    else
        m_found.users.emplace_back(name);
}

void NameSearch::scanSet(const QByteArray &key)
{
    m_store.redis.command(
        key, {"ZSCAN", key, m_place.cursor, "MATCH", pattern(), "COUNT", rules::number(kSlice)},
        [self = shared_from_this()](Result<Reply> reply) {
            reply = rules::accepted(std::move(reply));
            const auto part = reply ? redis::readScan(*reply) : std::nullopt;
            if (!part)
                return self->skip();
            for (const auto &[name, score] : part->pairs)
                self->takeName(name.bytes());
            self->endSlice(part->cursor,
                           part->cursor.isEmpty() ? qint64(part->pairs.size()) : kSlice);
        });
}

/// Also those who are offline. One server after the other; one that is away is left out.
void NameSearch::scanUsers()
{
    const auto routes = m_store.redis.routes();
    if (m_place.server >= static_cast<qsizetype>(routes.size()))
        return endSlice("0", 0);
    const QByteArray match
        = pattern(m_store.keys.userHash(UserId()).chopped(m_store.keys.isOnOneServer() ? 0 : 1));
    m_store.redis.command(
        routes[static_cast<size_t>(m_place.server)],
        {"SCAN", m_place.cursor, "MATCH", match, "COUNT", rules::number(kSlice), "TYPE", "hash"},
        [self = shared_from_this()](Result<Reply> reply) {
            reply = rules::accepted(std::move(reply));
            if (!reply || reply->elements().size() != 2)
                return self->skip();
            const QByteArray cursor = reply->elements()[0].bytes();
            for (const Reply &key : reply->elements()[1].elements()) {
                const auto user = self->m_store.keys.userIn(key.bytes());
                if (user && !isReserved(*user))
                    self->m_found.users.emplace_back(*user);
            }
            self->endSlice(cursor, cursor == "0" ? 0 : kSlice);
        });
}

void NameSearch::scanDevices()
{
    m_store.redis.command(
        KeySpace::kDueUsers,
        {"ZSCAN", KeySpace::kDueUsers, m_place.cursor, "COUNT", rules::number(kDeviceSlice)},
        [self = shared_from_this()](Result<Reply> reply) {
            reply = rules::accepted(std::move(reply));
            const auto part = reply ? redis::readScan(*reply) : std::nullopt;
            if (!part)
                return self->skip();
            std::vector<UserId> users;
            for (const auto &[user, time] : part->pairs) {
                if (!isReserved(user.bytes()))
                    users.emplace_back(user.bytes());
            }
            self->readDevices(part->cursor, users);
        });
}

void NameSearch::readDevices(const QByteArray &cursor, const std::vector<UserId> &users)
{
    if (users.empty())
        return endSlice(cursor, 0);
    std::vector<Command> commands;
    for (const UserId &user : users) {
        const redis::UserKeys keys = m_store.keys.user(user);
        commands.push_back(
            {"ZSCAN", keys.devices, "0", "MATCH", pattern(), "COUNT", rules::number(kSlice)});
        commands.push_back({"HGET", keys.hash, "status"});
    }
    m_store.redis.gather(
        KeySpace::kDueUsers, std::move(commands),
        [self = shared_from_this(), cursor, users](const redis::Client::Replies &replies) {
            std::vector<UserId> hidden;
            for (size_t i = 0; i < users.size(); ++i) {
                const auto devices = redis::readScan(replies[2 * i]);
                if (!devices) {
                    self->m_found.isComplete = false;
                    continue;
                }
                for (const auto &[device, time] : devices->pairs)
                    self->m_found.devices.push_back({DeviceId(device.bytes()), users[i]});
                const auto status = statusFromName(replies[2 * i + 1].bytes());
                if (status && isHidden(*status))
                    hidden.push_back(users[i]);
            }
            self->readSessions(cursor, hidden, static_cast<qint64>(users.size()));
        });
}

/// Whoever hides is in no set that other services read: its sessions say with which devices.
void NameSearch::readSessions(const QByteArray &cursor, const std::vector<UserId> &hidden,
                              qint64 examined)
{
    if (hidden.empty())
        return endSlice(cursor, examined);
    std::vector<Command> commands;
    for (const UserId &user : hidden)
        commands.push_back({"HSCAN", m_store.keys.userHash(user), "0", "MATCH", "session:*",
                            "COUNT", rules::number(kSlice)});
    m_store.redis.gather(
        KeySpace::kDueUsers, std::move(commands),
        [self = shared_from_this(), cursor, hidden,
         examined](const redis::Client::Replies &replies) {
            for (size_t i = 0; i < hidden.size(); ++i) {
                const auto sessions = redis::readScan(replies[i]);
                if (!sessions)
                    continue;
                for (const auto &[id, text] : sessions->pairs) {
                    const auto session = rules::StoredSession::parse(text.bytes());
                    if (session && session->device.bytes().startsWith(self->m_text))
                        self->m_found.devices.push_back({session->device, hidden[i]});
                }
            }
            self->endSlice(cursor, examined);
        });
}

} // namespace presence::admin
