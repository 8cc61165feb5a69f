// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/presencetracker.h"

#include "server/redis/replies.h"

#include <QRandomGenerator>
#include <QTimer>

#include <algorithm>

namespace presence::rules {

using namespace Qt::StringLiterals;
using redis::Reply;

static QByteArray stateOf(const std::optional<bool> &isIdle)
{
    if (!isIdle)
        return ""_ba;
    return *isIdle ? "idle"_ba : "active"_ba;
}

static QByteArray listOf(const QSet<ChannelId> &channels)
{
    QByteArrayList list;
    for (const ChannelId &channel : channels)
        list.append(channel.bytes());
    return list.join(' ');
}

void PresenceTracker::announce(const Session &session, Callback<UserTransition> done, Want want)
{
    announce(session, std::move(done), want, m_recaller.isPossible());
}

void PresenceTracker::announce(const Session &session, Callback<UserTransition> done, Want want,
                               bool asksArchive)
{
    QByteArray hints = m_store.mayHaveLost() ? "lost"_ba : ""_ba;
    if (asksArchive)
        hints += " archive";
    else if (m_store.archive && !m_recaller.isPossible())
        hints += " unasked";
    if (session.isReturning)
        hints += " returning";
    auto announced = [this, session, want, asksArchive, user = session.user,
                      workspace = session.workspace,
                      done = std::move(done)](Result<UserTransition> transition) {
        // Redis does not know the user. Whether it may be seen the archive may know.
        if (transition && transition->isUnconfirmed && asksArchive) {
            Session known = session;
            known.startedAt = transition->announced.startedAt;
            return m_recaller.recall(user, Recaller::For::Showing, [this, known, done, want](bool) {
                announce(known, done, want, false);
            });
        }
        // Nothing new to show there, so the entry is only told that it is still true.
        if (transition && transition->online && !isHidden(transition->status) && workspace
            && transition->enter.empty())
            refreshWorkspaces({{*workspace, {{user, number(transition->published)}}}});
        done(std::move(transition));
    };
    m_transitions.change(
        m_store.scripts.userAnnounce, session.user,
        {session.id.bytes(), session.device.bytes(),
         session.workspace ? session.workspace->bytes() : ""_ba, stateOf(session.isIdle),
         listOf(session.channels), number(m_store.config.maxDevices),
         want == Want::State ? "state"_ba : "result"_ba, session.clientHeld,
         number(session.clientHeldAt), session.isOnlyListener ? "1"_ba : "0"_ba, hints,
         stateOf(session.lastIdle), number(session.startedAt),
         number(session.tokenIssuedAt.count()),
         number(std::chrono::milliseconds(m_store.config.signOffHold).count()), session.kind},
        DueQueue::Which::Entering, std::move(announced));
}

/// In a command.
static constexpr qsizetype kRefreshedAtOnce = 1000;

void PresenceTracker::refreshWorkspaces(const WorkspaceUsers &workspaces,
                                        std::optional<redis::Time> now)
{
    for (auto workspace = workspaces.begin(); workspace != workspaces.end(); ++workspace) {
        for (auto user = workspace->begin(); user != workspace->end();) {
            QHash<UserId, QByteArray> some;
            for (; user != workspace->end() && some.size() < kRefreshedAtOnce; ++user)
                some.insert(user.key(), user.value());
            refreshWorkspace(m_store.keys.workspace(workspace.key()), some, now);
        }
    }
}

/// Revision of what the workspace shows of a user, as resources/lua/workspace/put.lua writes it.
static qint64 shownRevision(const QByteArray &meta)
{
    static constexpr char kBegin[] = "{\"phx_ref\":\"";
    constexpr auto kAt = qsizetype(sizeof(kBegin)) - 1;
    return meta.startsWith(kBegin) ? meta.sliced(kAt, meta.indexOf('"', kAt) - kAt).toLongLong()
                                   : 0;
}

/// As a RegularHeartbeat. Users that are not shown there, or as they were before, are repaired:
/// hidden ones, and those whose entry or last change was lost on the way.
void PresenceTracker::refreshWorkspace(const redis::WorkspaceKeys &keys,
                                       const QHash<UserId, QByteArray> &users,
                                       std::optional<redis::Time> now)
{
    redis::Command metas{"HMGET", keys.roster};
    for (auto user = users.begin(); user != users.end(); ++user)
        metas.add(user.key().bytes());
    std::vector<redis::Command> commands{std::move(metas)};
    // Often enough for a day.
    const bool isSeldom = m_store.config.heartbeatInterval > std::chrono::minutes(1);
    if (isSeldom || QRandomGenerator::global()->bounded(16) == 0)
        commands.push_back({"EXPIRE", keys.roster, number(std::chrono::hours(24))});
    if (!now)
        commands.push_back({"TIME"});
    m_store.redis.pipeline(
        keys.roster, std::move(commands),
        [this, keys, users, now](Result<redis::Client::Replies> replies) {
            replies = accepted(std::move(replies));
            if (!replies && mayBeRetried(replies.error()))
                return;
            // All are missing where the key cannot be used.
            const std::vector<Reply> none;
            const auto &shown = replies ? replies->front().elements() : none;
            const auto time = now || !replies ? now : redis::readTime(replies->back());
            std::vector<UserId> there;
            size_t i = 0;
            for (auto user = users.begin(); user != users.end(); ++user, ++i) {
                const bool isThere = i < shown.size() && !shown[i].isNil();
                if (isThere && time)
                    there.push_back(user.key());
                if (!isThere || shownRevision(shown[i].bytes()) < user->toLongLong())
                    repair(user.key(), [] {});
            }
            if (!there.empty())
                refreshOnline(keys.online, there, *time);
        });
}

/// Those that are still there: only they can be missed.
void PresenceTracker::refreshOnline(const QByteArray &online, const std::vector<UserId> &users,
                                    redis::Time now)
{
    redis::Command refresh{"ZADD", online, "XX", "CH"};
    redis::Command scores{"ZMSCORE", online};
    const QByteArray time = number(std::chrono::floor<std::chrono::seconds>(now));
    for (const UserId &user : users) {
        refresh.add(time).add(user.bytes());
        scores.add(user.bytes());
    }
    m_store.redis.command(online, std::move(refresh), [=, this](const Result<Reply> &refreshed) {
        if (!refreshed || refreshed->toInteger().value_or(-1) == std::ssize(users))
            return;
        // Some were refreshed within this second already, or are gone.
        m_store.redis.command(online, scores, [this, users](const Result<Reply> &found) {
            const size_t count = found ? found->elements().size() : 0;
            for (size_t i = 0; i < std::min(users.size(), count); ++i) {
                if (found->elements()[i].isNil())
                    repair(users[i], [] {});
            }
        });
    });
}

void PresenceTracker::disconnect(const Session &session,
                                 const std::optional<QSet<ChannelId>> &viewed,
                                 std::chrono::milliseconds longer, Callback<void> done)
{
    std::chrono::milliseconds grace = m_store.config.offlineGrace;
    if (grace.count() > 0)
        grace += longer;
    disconnect({session, viewed, grace, Ended::Clock::now()}, kFirstRetry, std::move(done));
}

void PresenceTracker::disconnect(const Ended &ended, std::chrono::seconds retry,
                                 Callback<void> done)
{
    using std::chrono::milliseconds;
    const auto &[session, viewed, grace, at] = ended;
    const auto ago = retry == kFirstRetry
        ? milliseconds(0)
        : std::chrono::floor<milliseconds>(Ended::Clock::now() - at);
    // The user's master may come back without it, and the channels are at others: nobody else would
    // have it leave those, before it ends there by itself.
    if (viewed && !session.channels.isEmpty() && !m_store.keys.isOnOneServer()
        && ago + retry < m_store.config.viewTtl)
        done = [=, this, done = std::move(done)](const Result<void> &result) {
            if (!result && mayBeRetried(result.error()))
                QTimer::singleShot(retry, &m_store.redis, [=, this] {
                    disconnect(ended, std::min(retry * 2, kLastRetry), [](const auto &) {});
                });
            done(result);
        };
    m_transitions.change(
        m_store.scripts.userDisconnect, session.user,
        {session.id.bytes(), number(grace.count()), session.device.bytes(),
         session.workspace ? session.workspace->bytes() : ""_ba, listOf(session.channels),
         session.clientHeld, number(session.clientHeldAt), stateOf(session.lastIdle),
         number(session.startedAt), viewed ? listOf(*viewed) : "?"_ba, number(ago.count())},
        DueQueue::Which::New, withoutTransition<UserTransition>(std::move(done)));
}

void PresenceTracker::forgetSession(const UserId &user, const SessionId &session,
                                    std::chrono::milliseconds deadline, const QByteArray &by,
                                    Callback<void> done)
{
    m_transitions.change(m_store.scripts.userForget, user,
                         {session.bytes(), number(deadline.count()), by}, DueQueue::Which::Known,
                         withoutTransition<UserTransition>(std::move(done)));
}

void PresenceTracker::signOff(const UserId &user, const DeviceId &device, Callback<void> done,
                              const QByteArray &by, std::chrono::seconds hold)
{
    const std::chrono::milliseconds grace = m_store.config.offlineGrace;
    m_transitions.change(m_store.scripts.userSignOff, user,
                         {device.bytes(), number(grace.count()), "hold"_ba, by,
                          number(std::chrono::milliseconds(hold).count())},
                         DueQueue::Which::Known,
                         [=, this, done = withoutTransition<UserTransition>(std::move(done))](
                             Result<UserTransition> transition) {
                             tellOwnConnections(user, bus::ControlEvent::signOff(device));
                             done(std::move(transition));
                         });
}

void PresenceTracker::getSignedOff(const UserId &user, const DeviceId &device,
                                   Callback<std::optional<std::chrono::milliseconds>> done) const
{
    const QByteArray key = m_store.keys.userSignedOff(user);
    m_store.redis.command(key, {"HMGET"_ba, key, ""_ba, device.bytes()},
                          [done = std::move(done)](Result<redis::Reply> reply) {
                              reply = accepted(std::move(reply));
                              if (!reply)
                                  return done(Failure(reply.error()));
                              std::optional<std::chrono::milliseconds> until;
                              for (const redis::Reply &at : reply->elements()) {
                                  if (!at.isNil())
                                      until = std::max(
                                          until.value_or(0ms),
                                          std::chrono::milliseconds(at.bytes().toLongLong()));
                              }
                              done(until);
                          });
}

void PresenceTracker::tellOwnConnections(const UserId &user, const bus::ControlEvent &event)
{
    m_transitions.tellOwnConnections(user, event);
}

static std::vector<QByteArray> argumentsOf(const StatusChange &change)
{
    const auto text = [](const std::optional<QByteArray> &value) { return value.value_or(""_ba); };
    const auto action
        = [](const std::optional<QByteArray> &value) { return value ? "set"_ba : "keep"_ba; };
    return {change.status ? toName(*change.status).data() : ""_ba,
            text(change.customMessage),
            action(change.customMessage),
            text(change.emoji),
            action(change.emoji),
            number(change.clearAfter.value_or(std::chrono::seconds(0)))};
}

void PresenceTracker::setStatus(const UserId &user, const StatusChange &change,
                                Callback<UserTransition> done, const Origin &origin)
{
    setStatus(user, change, origin, m_recaller.isPossible() ? Archive::Ask : Archive::Away,
              std::move(done));
}

void PresenceTracker::setStatus(const UserId &user, const StatusChange &change,
                                const Origin &origin, Archive archive,
                                Callback<UserTransition> done)
{
    // What the change leaves out stays as it was, though Redis may not know it.
    auto changed = [this, user, change, origin, archive,
                    done = std::move(done)](Result<UserTransition> transition) {
        if (!transition || !transition->isUnconfirmed || archive != Archive::Ask)
            return done(std::move(transition));
        m_recaller.recall(
            user, Recaller::For::Showing, [this, user, change, origin, done](bool wasAsked) {
                setStatus(user, change, origin, wasAsked ? Archive::Asked : Archive::Away, done);
            });
    };
    // Who hides has channels to leave before others are told: not to be left half done.
    auto which = change.status && isHidden(*change.status) ? DueQueue::Which::Known
                                                           : DueQueue::Which::None;
    if (change.clearAfter)
        which = DueQueue::Which::Any;
    auto arguments = argumentsOf(change);
    if (archive == Archive::Ask)
        arguments.emplace_back("ask");
    else
        arguments.emplace_back(m_store.archive && archive == Archive::Away ? "unasked" : "none");
    arguments.push_back(number(std::chrono::milliseconds(m_store.config.offlineGrace).count()));
    arguments.push_back(origin.toText());
    m_transitions.change(m_store.scripts.userSetStatus, user, std::move(arguments), which,
                         std::move(changed));
}

void PresenceTracker::clearStatus(const UserId &user, Callback<UserTransition> done,
                                  const Origin &origin)
{
    setStatus(user, {.status = Status::Online, .customMessage = ""_ba, .emoji = ""_ba},
              std::move(done), origin);
}

void PresenceTracker::repair(const UserId &user, std::function<void()> done)
{
    m_transitions.change(m_store.scripts.userCheck, user, {"again"_ba}, DueQueue::Which::New,
                         [done = std::move(done)](const auto &) { done(); });
}

} // namespace presence::rules
