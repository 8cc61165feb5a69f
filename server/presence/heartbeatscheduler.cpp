// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/heartbeatscheduler.h"

#include "shared/core/reservedid.h"
#include "shared/protocol/limits.h"

#include <QPointer>

#include <algorithm>

namespace presence::rules {

using redis::KeySpace;
using redis::Reply;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// Ticks are this long at most: small batches, no burst once an interval.
static constexpr auto kTick = 250ms;

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
    /// When the sweeper looks at users, of those that it looks at soon; empty where the due queue
    /// has lost the user.
    QHash<UserId, QByteArray> due;
    /// For users that the due queue has lost, or has too late.
    redis::Command checks{"ZADD", KeySpace::kDueUsers, "LT"};
    QHash<UserId, DueQueue::Checked> checked; ///< what there is to look at then is not due yet
    QHash<UserId, QByteArray> told; ///< revision of what was told of a user
};

static constexpr size_t kRaisedAtOnce = 500;

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
    const auto next = system_clock::now() + m_store.config.heartbeatInterval * 3 / 2;
    const qint64 soon = ceil<seconds>(next).time_since_epoch().count();
    QSet<UserId> isDueSoon;
    for (const TrackedDevice *device : std::as_const(m_slots[size_t(turn->slot)].devices)) {
        if (device->m_due < soon)
            isDueSoon.insert(device->session.user);
    }
    std::vector<UserId> others;
    std::vector<UserId> soonDue;
    std::vector<QByteArray> members;
    for (auto it = turn->users.cbegin(); it != turn->users.cend(); ++it) {
        const bool isSoon = isDueSoon.contains(it.key());
        (isSoon ? soonDue : others).push_back(it.key());
        if (isSoon)
            members.push_back(it.key().bytes());
    }
    beat(turn, others);
    if (members.empty())
        return;
    // Before the heartbeats: what is changed from now on moves these times.
    m_due.times(members, [self = QPointer(this), turn, soon, soonDue](const auto &times) {
        if (!self)
            return;
        QHash<UserId, qint64> later;
        for (const DueQueue::Entry &entry : times.value_or(std::vector<DueQueue::Entry>())) {
            const double due = entry.due.toDouble();
            if (due < static_cast<double>(soon))
                turn->due.insert(UserId(entry.member), entry.due);
            else
                later.insert(UserId(entry.member), static_cast<qint64>(due));
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
    if (check == 0 && due->isEmpty())
        m_due.schedule(user.bytes(), DueQueue::Which::Any);
    if (check == 0)
        return;
    if (due->isEmpty() || due->toDouble() > static_cast<double>(check))
        turn.checks.add(number(check)).add(user.bytes());
    else if (due->toDouble() < static_cast<double>(check))
        turn.checked.insert(user, {{user.bytes(), *due}, check * 1000});
}

/// Of users that are here still: others are being changed. As the sweeper's check would, they are
/// counted among those that are online until the next one.
void HeartbeatScheduler::raiseChecks(Turn &turn)
{
    std::vector<DueQueue::Checked> checked;
    for (TrackedDevice *device : std::as_const(m_slots[size_t(turn.slot)].devices)) {
        const auto found = turn.checked.constFind(device->session.user);
        if (found == turn.checked.constEnd())
            continue;
        device->m_due = found->nextCheck / 1000;
        checked.push_back(*found);
        if (checked.size() == kRaisedAtOnce)
            raise(std::exchange(checked, {}));
    }
    if (!checked.empty())
        raise(checked);
}

void HeartbeatScheduler::raise(const std::vector<DueQueue::Checked> &checked)
{
    QHash<QByteArray, qint64> checks;
    for (const auto &[entry, nextCheck] : checked)
        checks.insert(entry.member, nextCheck / 1000);
    m_due.acknowledge(checked, [&store = m_store, checks](const auto &raised) {
        redis::Command visible{"ZADD", KeySpace::kVisible};
        for (const QByteArray &user : raised.value_or(std::vector<QByteArray>())) {
            if (!isReserved(user))
                visible.add(number(checks.value(user) + 1)).add(user);
        }
        if (visible.size() > 2)
            store.redis.command(KeySpace::kVisible, std::move(visible), [](const auto &) {});
    });
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

TrackedDevice *HeartbeatScheduler::find(qsizetype slot, const UserId &user,
                                        const SessionId &session) const
{
    const auto &devices = m_slots[size_t(slot)].devices;
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const auto *device) {
        return device->session.id == session && device->session.user == user;
    });
    return found == devices.end() ? nullptr : *found;
}

/// Redis does not know the session any more. If its connection is still here, Redis lost it.
void HeartbeatScheduler::announceAgain(qsizetype slot, const UserId &user, const SessionId &session)
{
    const TrackedDevice *lost = find(slot, user, session);
    if (!lost)
        return;
    Session known = lost->session;
    known.isOnlyListener = false; // That was when it joined.
    m_tracker.announce(
        known,
        [self = QPointer(this), slot, user, session](const Result<UserTransition> &transition) {
            TrackedDevice *device = self ? self->find(slot, user, session) : nullptr;
            if (device && transition)
                device->revision = std::max(device->revision, transition->revision);
            // Its connections were told, and this one did not hear it.
            else if (device && transition.error().code == ErrorCode::Forbidden)
                self->m_tracker.tellOwnConnections(
                    user, bus::ControlEvent::signOff(device->session.device));
        });
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

void HeartbeatScheduler::refreshChannels(qsizetype slot)
{
    QHash<ChannelId, std::vector<ChannelPresence::View>> byChannel;
    for (const TrackedDevice *device : std::as_const(m_slots[size_t(slot)].devices)) {
        if (device->isHidden)
            continue;
        for (const ChannelId &channel : device->viewed)
            byChannel[channel].push_back(
                {device->session.user, device->session.id, device->revision});
    }
    for (auto it = byChannel.cbegin(); it != byChannel.cend(); ++it) {
        const auto refreshed = [self = QPointer(this), slot, channel = it.key()](
                                   const Result<ChannelPresence::Missing> &result) {
            if (self && result)
                self->enterAgain(slot, channel, *result);
        };
        m_refreshedChannels.refresh(it.key(), it.value(), refreshed);
    }
}

/// Nobody else would notice: the session lives. What it types there it may have begun since.
void HeartbeatScheduler::leaveAgain(qsizetype slot)
{
    for (TrackedDevice *device : std::as_const(m_slots[size_t(slot)].devices)) {
        // Others are not to see that it does something, for as long as they see it there.
        if (device->isHidden)
            continue;
        device->left.subtract(device->viewed); // it has come back to those
        const UserId &user = device->session.user;
        const SessionId &session = device->session.id;
        for (const ChannelId &channel : std::as_const(device->left)) {
            const auto left = [self = QPointer(this), slot, user, session,
                               channel](const Result<void> &result) {
                TrackedDevice *leaving = self ? self->find(slot, user, session) : nullptr;
                if (leaving && (result || !mayBeRetried(result.error())))
                    leaving->left.remove(channel);
            };
            m_channels.leaveChannel(user, session, channel,
                                    {.isTyping = std::nullopt, .before = device->before}, left);
        }
    }
}

/// Redis does not know that they look at the channel. Those that have not left meanwhile it has
/// lost. The user has to know of the channel first, so that a session in hiding leaves it.
void HeartbeatScheduler::enterAgain(qsizetype slot, const ChannelId &channel,
                                    const ChannelPresence::Missing &missing)
{
    for (const auto &[user, session] : missing) {
        const auto isViewing = [this, slot, user = user, session = session, channel] {
            const TrackedDevice *device = find(slot, user, session);
            return device && !device->isHidden && device->viewed.contains(channel);
        };
        if (!isViewing())
            continue;
        Session known = find(slot, user, session)->session;
        known.isOnlyListener = false;
        known.channels.insert(channel);
        m_tracker.announce(
            known,
            [self = QPointer(this), isViewing, user = user, session = session,
             channel](const Result<UserTransition> &transition) {
                const bool mayShow
                    = transition && !isHidden(transition->status) && !transition->isUnconfirmed;
                if (self && mayShow && isViewing())
                    self->m_channels.joinChannel({user, session, transition->revision}, channel,
                                                 [](const auto &) {});
            });
    }
}

} // namespace presence::rules
