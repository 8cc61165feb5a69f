// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/heartbeatscheduler.h"

#include "shared/core/reservedid.h"
#include "shared/protocol/limits.h"

#include <QPointer>
#include <QRandomGenerator>

#include <algorithm>
#include <cmath>
#include <map>

namespace presence::rules {

using redis::KeySpace;
using redis::Reply;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Ticks are this long at most: small batches, no burst once an interval.
static constexpr auto kTick = 250ms;
/// In a second: times in the due queue.
static constexpr qint64 kMicroseconds = 1'000'000;
/// What DueQueue::Checked::mark is below: microseconds of a millisecond.
static constexpr int kMarks = 1000;
/// By which a time may be ahead of what a heartbeat could have written.
static constexpr auto kClockSkew = 5s;

TrackedDevice::~TrackedDevice()
{
    if (m_scheduler)
        m_scheduler->untrack(*this);
}

void TrackedDevice::noteLeft(const ChannelId &channel, const Error &error)
{
    if (mayBeRetried(error) && left.size() < limits::kMaxViewedChannels)
        left.insert(channel);
}

HeartbeatScheduler::HeartbeatScheduler(const Store &store, PresenceTracker &tracker,
                                       ChannelPresence &channels, QObject *parent)
    : QObject(parent), m_store(store), m_refreshedUsers(store), m_due(store, KeySpace::kDueUsers),
      m_regular(store), m_refreshedChannels(store), m_tracker(tracker), m_channels(channels),
      m_slots(std::max<size_t>(1, store.config.heartbeatInterval / kTick), Slot{{}, Clock::now()}),
      m_oldest(Clock::now())
{
    const auto interval = store.config.heartbeatInterval;
    m_timer.setTimerType(Qt::CoarseTimer);
    connect(&m_timer, &QTimer::timeout, this, &HeartbeatScheduler::tick);
    m_timer.start(interval / qint64(m_slots.size()));
}

HeartbeatScheduler::~HeartbeatScheduler()
{
    for (const Slot &slot : m_slots) {
        for (TrackedDevice *device : slot.devices)
            device->m_scheduler = nullptr;
    }
}

void HeartbeatScheduler::track(TrackedDevice &device)
{
    Q_ASSERT(!device.m_scheduler);
    // Its turn comes last: the device has just been announced.
    device.m_scheduler = this;
    const auto count = qsizetype(m_slots.size());
    device.m_slot = (m_current + count - 1) % count;
    // It has just been announced, and is over in the PRESENCE_TTL at the earliest.
    device.m_due = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()
                                                            + m_store.config.presenceTtl)
                       .time_since_epoch()
                       .count()
        * kMicroseconds;
    auto &devices = m_slots[size_t(device.m_slot)].devices;
    device.m_index = devices.size();
    devices.append(&device);
    m_count += isReserved(device.session.user.bytes()) ? 0 : 1;
}

void HeartbeatScheduler::untrack(TrackedDevice &device)
{
    auto &devices = m_slots[size_t(device.m_slot)].devices;
    devices[device.m_index] = devices.last();
    devices[device.m_index]->m_index = device.m_index;
    devices.removeLast();
    device.m_scheduler = nullptr;
    m_count -= isReserved(device.session.user.bytes()) ? 0 : 1;
}

void HeartbeatScheduler::forget(TrackedDevice &device)
{
    if (device.m_scheduler == this)
        untrack(device);
}

void HeartbeatScheduler::tick()
{
    const qsizetype next = (m_current + 1) % qsizetype(m_slots.size());
    const qsizetype slot = std::exchange(m_current, next);
    if (m_slots[size_t(slot)].devices.isEmpty()) {
        m_slots[size_t(slot)].refreshedAt = Clock::now();
        return noteOldest();
    }
    refreshUsers(slot);
    refreshChannels(slot);
    leaveAgain(slot);
}

void HeartbeatScheduler::noteOldest()
{
    m_oldest = std::ranges::min(m_slots, {}, &Slot::refreshedAt).refreshedAt;
}

/// Before the first of them is over: PRESENCE_TTL is two intervals or more.
bool HeartbeatScheduler::isBehind() const
{
    return Clock::now() - m_oldest.load() > m_store.config.heartbeatInterval * 3 / 2;
}

bool HeartbeatScheduler::isRefusing() const
{
    return Clock::now() - m_refused.load() < m_store.config.heartbeatInterval;
}

void HeartbeatScheduler::noteOther(const Result<UserTransition> &transition)
{
    if (!transition && mayBeRetried(transition.error()))
        m_refused = Clock::now();
}

/// A time in the due queue.
struct DueTime
{
    QByteArray score; ///< as Redis has it; empty where the queue has lost the user
    bool isRemembered = false; ///< this node wrote it, and it may have been moved since
};

struct RaisedTime
{
    qint64 check = 0; ///< s since the epoch
    int mark = 0; ///< as DueQueue::Checked has it
};

static DueTime remembered(qint64 microseconds)
{
    return {DueQueue::toScore(microseconds / kMarks, int(microseconds % kMarks)), true};
}

/// One turn's answers. When the last is in, its checks enter the due queue, and the workspaces are
/// told who is there still.
struct HeartbeatScheduler::Turn
{
    qsizetype slot = 0;
    QHash<UserId, QList<SessionId>> users;
    qsizetype left = 0; ///< users not answered yet
    std::optional<redis::Time> now; ///< by Redis' clock, where there is only one
    Clock::time_point begin = Clock::now();
    bool isComplete = true; ///< all were refreshed so far
    /// When the sweeper looks at users, of those that it looks at soon.
    QHash<UserId, DueTime> due;
    /// For users that the due queue has lost, or has too late.
    redis::Command checks{"ZADD", KeySpace::kDueUsers, "LT"};
    QHash<UserId, RaisedTime> checked; ///< of those whom the sweeper need not look at before
    int mark = QRandomGenerator::global()->bounded(kMarks); ///< of the first of these times
    QHash<UserId, QByteArray> told; ///< revision of what was told of a user
};

static constexpr int kRaisedAtOnce = 500;

void HeartbeatScheduler::refreshUsers(qsizetype slot)
{
    const auto turn = std::make_shared<Turn>(Turn{.slot = slot});
    for (const TrackedDevice *device : std::as_const(m_slots[size_t(slot)].devices))
        turn->users[device->session.user].append(device->session.id);
    turn->left = turn->users.size();
    if (!m_store.keys.isOnOneServer())
        return beatAll(turn);
    m_store.redis.command("", {"TIME"}, [self = QPointer(this), turn](const auto &time) {
        turn->now = time ? redis::readTime(*time) : std::nullopt;
        if (self)
            self->beatAll(turn);
    });
}

void HeartbeatScheduler::beatAll(const TurnPtr &turn)
{
    using namespace std::chrono;
    const redis::Time now = turn->now.value_or(floor<microseconds>(system_clock::now()));
    const auto inSeconds = [now](auto time) {
        return ceil<seconds>(now + time).time_since_epoch().count() * kMicroseconds;
    };
    const qint64 soon = inSeconds(m_store.config.heartbeatInterval * 3 / 2);
    // Written by a clock that was set back since, or was not that of a cluster's masters.
    const qint64 never = inSeconds(m_store.config.presenceTtl + kClockSkew);
    QSet<UserId> isUnknown;
    for (const TrackedDevice *device : std::as_const(m_slots[size_t(turn->slot)].devices)) {
        if (device->m_due >= soon && device->m_due < never)
            continue;
        if (device->m_due < soon && device->m_due % kMarks > 0)
            turn->due.insert(device->session.user, remembered(device->m_due));
        else
            isUnknown.insert(device->session.user);
    }
    std::vector<UserId> others;
    std::vector<UserId> soonDue;
    std::vector<QByteArray> members;
    for (auto it = turn->users.cbegin(); it != turn->users.cend(); ++it) {
        const bool isAsked = isUnknown.contains(it.key());
        (isAsked ? soonDue : others).push_back(it.key());
        if (isAsked)
            members.push_back(it.key().bytes());
    }
    beat(turn, others);
    if (members.empty())
        return;
    // Before the heartbeats: what is changed from now on moves these times.
    m_due.times(members, [self = QPointer(this), turn, soon, never, soonDue](const auto &times) {
        if (!self)
            return;
        QHash<UserId, qint64> later;
        for (const DueQueue::Entry &entry : times.value_or(std::vector<DueQueue::Entry>())) {
            const auto due = static_cast<qint64>(entry.due.toDouble() * kMicroseconds);
            turn->due.remove(UserId(entry.member));
            if (due < soon || due >= never)
                turn->due.insert(UserId(entry.member), {entry.due});
            else // no mark: it may have been rounded
                later.insert(UserId(entry.member), due - due % kMarks);
        }
        for (TrackedDevice *device : std::as_const(self->m_slots[size_t(turn->slot)].devices))
            device->m_due = later.value(device->session.user, device->m_due);
        self->beat(turn, soonDue);
    });
}

/// Those that the regular heartbeat is not for are refreshed by the rules.
void HeartbeatScheduler::beat(const TurnPtr &turn, const std::vector<UserId> &users)
{
    std::vector<RegularHeartbeat::User> asked;
    asked.reserve(users.size());
    for (const UserId &user : users)
        asked.push_back({user, turn->users.value(user),
                         turn->due.contains(user) ? RegularHeartbeat::NextCheck::Asked
                                                  : RegularHeartbeat::NextCheck::NotAsked});
    m_regular.beat(std::move(asked), turn->now,
                   [self = QPointer(this), turn](const auto &user, const auto &beat) {
                       if (!self)
                           return;
                       if (beat && *beat) {
                           self->takeCheck(*turn, user.id, (*beat)->nextCheck);
                           self->userRefreshed(*turn, user.id, user.sessions.size(),
                                               (*beat)->published);
                       } else if (!beat && mayBeRetried(beat.error())) {
                           self->userFailed(*turn, user.sessions.size(), beat.error());
                       } else {
                           self->refreshUser(turn, user.id, user.sessions);
                       }
                   });
}

void HeartbeatScheduler::takeCheck(Turn &turn, const UserId &user, qint64 check)
{
    const auto due = turn.due.constFind(user);
    if (due == turn.due.constEnd())
        return;
    // Where it takes the rules, the sweeper is to look; also where the queue has lost the user.
    if (check == 0 && due->score.isEmpty())
        m_due.schedule(user.bytes(), DueQueue::Which::Any);
    if (check == 0)
        return;
    // Its mark makes no time another one.
    const double at = std::floor(due->score.toDouble() * 1000) / 1000;
    if (due->score.isEmpty() || at > static_cast<double>(check))
        turn.checks.add(Decimal(check)).add(user.bytes());
    else if (at < static_cast<double>(check))
        turn.checked.insert(user, {check});
}

/// Of users that are here still: others are being changed.
void HeartbeatScheduler::raiseChecks(Turn &turn)
{
    std::vector<DueQueue::Checked> asked;
    using Move = std::tuple<QByteArray, qint64, int>; // from, to
    std::map<Move, std::vector<QByteArray>> remembered;
    int count = 0;
    for (TrackedDevice *device : std::as_const(m_slots[size_t(turn.slot)].devices)) {
        const UserId &user = device->session.user;
        const auto raised = turn.checked.find(user);
        if (raised == turn.checked.end()) {
            // Whoever refreshed the user instead, or looks at it, moves its time.
            if (turn.due.contains(user))
                device->m_due = 0;
            continue;
        }
        if (raised->mark == 0)
            raised->mark = 1 + (turn.mark + count++ / kRaisedAtOnce) % (kMarks - 1);
        device->m_due = raised->check * kMicroseconds + raised->mark;
        const DueTime due = turn.due.take(user);
        if (due.isRemembered)
            remembered[{due.score, raised->check, raised->mark}].push_back(user.bytes());
        else if (!due.score.isEmpty())
            asked.push_back({{user.bytes(), due.score}, raised->check * 1000, raised->mark});
        if (asked.size() == kRaisedAtOnce)
            acknowledge(turn.slot, std::exchange(asked, {}));
    }
    if (!asked.empty())
        acknowledge(turn.slot, asked);
    for (const auto &[move, members] : remembered) {
        const auto &[from, to, mark] = move;
        raise(turn.slot, {{{}, from}, to * 1000, mark}, members);
    }
}

/// As long as this node knows nothing better it asks when they are due.
void HeartbeatScheduler::forgetDue(qsizetype slot, const QSet<QByteArray> &users)
{
    if (users.isEmpty())
        return;
    for (TrackedDevice *device : std::as_const(m_slots[size_t(slot)].devices)) {
        if (users.contains(device->session.user.bytes()))
            device->m_due = 0;
    }
}

/// Of whom this node has asked when they are due.
void HeartbeatScheduler::acknowledge(qsizetype slot, const std::vector<DueQueue::Checked> &checked)
{
    QHash<QByteArray, qint64> checks;
    for (const auto &[entry, nextCheck, mark] : checked)
        checks.insert(entry.member, nextCheck / 1000);
    m_due.acknowledge(checked, [self = QPointer(this), slot, checks](const auto &raised) {
        if (self)
            self->forgetDue(slot, self->noteVisible(checks, raised));
    });
}

/// Of whom it has written it.
void HeartbeatScheduler::raise(qsizetype slot, const DueQueue::Checked &checked,
                               const std::vector<QByteArray> &members)
{
    QHash<QByteArray, qint64> checks;
    for (const QByteArray &member : members)
        checks.insert(member, checked.nextCheck / 1000);
    m_due.raise(checked, members, [self = QPointer(this), slot, checks](const auto &raised) {
        if (self)
            self->forgetDue(slot, self->noteVisible(checks, raised));
    });
}

/// As the sweeper's check would, they are counted among those that are online until the next one.
/// `checks` of all of whom the due queue was told, `raised` are those whose time it has moved.
/// Returns the others.
QSet<QByteArray> HeartbeatScheduler::noteVisible(const QHash<QByteArray, qint64> &checks,
                                                 const Result<std::vector<QByteArray>> &raised)
{
    QSet<QByteArray> others(checks.keyBegin(), checks.keyEnd());
    redis::Command visible{"ZADD", KeySpace::kVisible};
    for (const QByteArray &user : raised.value_or(std::vector<QByteArray>())) {
        others.remove(user);
        if (!isReserved(user))
            visible.add(Decimal(checks.value(user) + 1)).add(user);
    }
    if (visible.size() > 2)
        m_store.redis.command(KeySpace::kVisible, std::move(visible), [](const auto &) {});
    return others;
}

QByteArray HeartbeatScheduler::hasArchive() const
{
    return m_store.archive && m_store.archive->isAvailable() ? "1"_ba : "0"_ba;
}

void HeartbeatScheduler::refreshUser(const TurnPtr &turn, const UserId &user,
                                     const QList<SessionId> &sessions)
{
    std::vector<QByteArray> arguments{user.bytes(), number(m_store.config.presenceTtl), {}, {}, {},
                                      hasArchive()};
    for (const SessionId &session : sessions)
        arguments.push_back(session.bytes());
    const auto answered = [self = QPointer(this), turn, user,
                           count = sessions.size()](Result<Reply> reply) {
        reply = accepted(std::move(reply));
        if (!self)
            return;
        if (!reply)
            return self->userFailed(*turn, count, reply.error());
        const auto &fields = reply->elements();
        if (fields.size() != 3)
            return self->userFailed(*turn, count, {ErrorCode::Internal, u"unexpected answer"_s});
        for (const Reply &session : fields[1].elements())
            self->announceAgain(turn->slot, user, SessionId(session.bytes()));
        if (const qint64 check = fields[0].toInteger().value_or(0); check > 0)
            turn->checks.add(number(check)).add(user.bytes());
        self->userRefreshed(*turn, user, count, fields[2].bytes());
    };
    m_store.redis.eval(m_store.scripts.userRefresh, m_store.keys.user(user).all(),
                       std::move(arguments), answered);
}

void HeartbeatScheduler::userRefreshed(Turn &turn, const UserId &user, qsizetype count,
                                       const QByteArray &published)
{
    Q_EMIT refreshed(static_cast<int>(count), true);
    turn.told.insert(user, published);
    userAnswered(turn);
}

void HeartbeatScheduler::userFailed(Turn &turn, qsizetype count, const Error &error)
{
    Q_EMIT refreshed(static_cast<int>(count), false);
    // A user that cannot be refreshed at all does not count: it would be behind for ever.
    turn.isComplete = turn.isComplete && !mayBeRetried(error);
    userAnswered(turn);
}

void HeartbeatScheduler::userAnswered(Turn &turn)
{
    if (--turn.left > 0)
        return;
    if (turn.checks.size() > 3)
        m_store.redis.command(KeySpace::kDueUsers, turn.checks, [](const auto &) {});
    raiseChecks(turn);
    if (turn.isComplete)
        m_slots[size_t(turn.slot)].refreshedAt = turn.begin;
    noteOldest();
    refreshWorkspaces(turn);
}

void HeartbeatScheduler::refreshWorkspaces(const Turn &turn)
{
    PresenceTracker::WorkspaceUsers byWorkspace;
    for (const TrackedDevice *device : std::as_const(m_slots[size_t(turn.slot)].devices)) {
        const UserId &user = device->session.user;
        if (device->session.workspace && !device->isHidden)
            byWorkspace[*device->session.workspace].insert(user, turn.told.value(user, "0"_ba));
    }
    m_refreshedUsers.refreshWorkspaces(byWorkspace, turn.now);
}

} // namespace presence::rules
