// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/admin/lostusersearch.h"

#include "server/redis/replies.h"
#include "shared/core/reservedid.h"

#include <QTimer>

#include <algorithm>
#include <limits>

namespace presence::admin {

using namespace std::chrono_literals;
using redis::Command;
using redis::KeySpace;
using redis::Reply;
using Outcome = LostUser::Outcome;

static constexpr int kMostExaminedUsers = 2000;
static constexpr int kLostPart = 250;
static constexpr size_t kExamples = 20;
/// For the sweeper to see that sessions are over.
static constexpr auto kSweep = 5s;
/// Clocks of nodes are not asked; a whole second is what the registry knows.
static constexpr auto kSlack = 2s;

std::optional<LostUser> lostUser(const UserId &user, const std::vector<SessionRow> &sessions,
                                 const QByteArray &tag, Milliseconds seenAt)
{
    const auto isOnNode = [&](const SessionRow &session) {
        return session.kind == SessionRow::Kind::WebSocket && !session.hasEnded
            && session.session.bytes().startsWith(tag + '-')
            && session.connectedAt.value_or(Milliseconds()) <= seenAt + kSlack;
    };
    std::optional<LostUser> lost;
    for (const SessionRow &session : sessions) {
        if (!isOnNode(session) || (lost && lost->outcome == Outcome::Waiting))
            continue;
        lost = LostUser{.user = user};
        for (const SessionRow &other : sessions) {
            if (isOnNode(other) || other.device != session.device || other.hasEnded
                || !other.isNodeAlive || other.connectedAt <= session.connectedAt)
                continue;
            lost->outcome = Outcome::Returned;
            lost->node = other.node;
            lost->after = std::max(*other.connectedAt - seenAt, 0ms);
        }
    }
    return lost;
}

LostUsers toLostUsers(std::vector<LostUser> users, bool isComplete)
{
    const auto count = [&users](Outcome outcome) {
        return std::ranges::count(users, outcome, &LostUser::outcome);
    };
    LostUsers lost{.users = qint64(users.size()),
                   .returned = count(Outcome::Returned),
                   .expired = count(Outcome::Expired),
                   .isComplete = isComplete,
                   .examples = {}};
    std::ranges::stable_sort(users, {}, [](const LostUser &user) {
        return user.outcome == Outcome::Returned ? -user.after.count()
                                                 : std::numeric_limits<qint64>::min();
    });
    users.resize(std::min(users.size(), kExamples));
    lost.examples = std::move(users);
    return lost;
}

LostUserSearch::LostUserSearch(const rules::Store &store, const Incidents &incidents,
                               QObject *parent)
    : QObject(parent), m_store(store), m_incidents(incidents), m_nodes(store)
{
}

void LostUserSearch::search(const IncidentRow &incident)
{
    auto about = std::make_shared<Case>();
    about->incident = incident;
    about->tag = KeySpace::nodeTag(incident.node);
    m_nodes.refresh([this, about] { scan(about); });
}

void LostUserSearch::scan(const CasePtr &about)
{
    m_store.redis.command(
        KeySpace::kDueUsers,
        {"ZSCAN", KeySpace::kDueUsers, about->cursor, "COUNT", rules::number(kLostPart)},
        [this, about](Result<Reply> reply) {
            reply = rules::accepted(std::move(reply));
            const auto part = reply ? redis::readScan(*reply) : std::nullopt;
            if (!part)
                return;
            about->cursor = part->cursor;
            std::vector<UserId> users;
            for (const auto &[user, time] : part->pairs) {
                if (!isReserved(user.bytes()) && about->examined++ < kMostExaminedUsers)
                    users.emplace_back(user.bytes());
            }
            readUsers(
                about, users,
                [this, about, users](size_t i, const Hash &hash, Milliseconds now) {
                    if (auto lost = lostUser(*about, users[i], hash, now))
                        about->users.push_back(*std::move(lost));
                },
                [this, about] {
                    about->isComplete = about->cursor.isEmpty();
                    if (about->isComplete || about->examined >= kMostExaminedUsers)
                        return endScan(about);
                    scan(about);
                });
        });
}

void LostUserSearch::readUsers(const CasePtr &about, const std::vector<UserId> &users,
                               const std::function<void(size_t, const Hash &, Milliseconds)> &each,
                               const std::function<void()> &done)
{
    std::vector<Command> commands{{"TIME"}};
    for (const UserId &user : users)
        commands.push_back({"HGETALL", m_store.keys.userHash(user)});
    m_store.redis.gather(KeySpace::kDueUsers, std::move(commands),
                         [about, each, done](const auto &replies) {
                             const auto now = redis::readTime(replies[0]);
                             if (!now)
                                 return;
                             for (size_t i = 1; i < replies.size(); ++i) {
                                 // In a cluster its master may be away alone.
                                 if (replies[i].isArray())
                                     each(i - 1, replies[i].elements(),
                                          std::chrono::floor<std::chrono::milliseconds>(*now));
                                 else
                                     about->hasMissed = true;
                             }
                             done();
                         });
}

std::optional<LostUser> LostUserSearch::lostUser(const Case &about, const UserId &user,
                                                 const Hash &hash, Milliseconds now) const
{
    const SessionReading with{m_nodes, m_store.config.presenceTtl, now};
    return admin::lostUser(user, readSessions(hash, with), about.tag, about.incident.time);
}

void LostUserSearch::endScan(const CasePtr &about)
{
    if (about->examined > kMostExaminedUsers || about->hasMissed)
        about->isComplete = false;
    tell(*about);
    const auto hasWaiting = std::ranges::find(about->users, Outcome::Waiting, &LostUser::outcome)
        != about->users.end();
    if (hasWaiting)
        QTimer::singleShot(
            std::chrono::milliseconds(m_store.config.presenceTtl + kSweep), this,
            [this, about] { m_nodes.refresh([this, about] { checkAgain(about); }); });
}

/// Whoever has no live session by now has not come back.
void LostUserSearch::checkAgain(const CasePtr &about)
{
    std::vector<UserId> users;
    std::vector<size_t> places;
    for (; about->checked < about->users.size() && users.size() < kLostPart; ++about->checked) {
        const LostUser &user = about->users[about->checked];
        if (user.outcome != Outcome::Waiting)
            continue;
        users.push_back(user.user);
        places.push_back(about->checked);
    }
    if (users.empty())
        return tell(*about);
    readUsers(
        about, users,
        [this, about, places](size_t i, const Hash &hash, Milliseconds now) {
            LostUser &user = about->users[places[i]];
            user.outcome = Outcome::Expired;
            const SessionReading with{m_nodes, m_store.config.presenceTtl, now};
            for (const SessionRow &session : readSessions(hash, with)) {
                const auto after
                    = session.connectedAt.value_or(Milliseconds()) - about->incident.time;
                // The node may be back itself, with those who never left it.
                const bool isNew = after > 0ms || session.session.bytes().startsWith(about->tag);
                if (session.hasEnded || !session.isNodeAlive || session.deadline <= now || !isNew)
                    continue;
                user.outcome = Outcome::Returned;
                user.node = session.node;
                user.after = std::max<std::chrono::milliseconds>(after, 0ms);
            }
        },
        [this, about] { checkAgain(about); });
}

void LostUserSearch::tell(const Case &about) const
{
    IncidentRow incident = about.incident;
    incident.lost = toLostUsers(about.users, about.isComplete);
    m_incidents.add(incident);
}

} // namespace presence::admin
