// SPDX-FileCopyrightText: The presenced authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "server/presence/sweeper.h"

#include "shared/core/logging.h"

#include <algorithm>
#include <memory>

namespace presence::rules {

using redis::KeySpace;
using redis::Reply;
using std::chrono::milliseconds;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

/// A delay of this length is none of Redis' being away.
static constexpr auto kHiccup = 250ms;
/// Taken over this long after its holder died.
static constexpr auto kLease = 5'000ms;
/// Devices of a node that has just started have so long to come back to it.
static constexpr auto kSettlingIn = 5'000ms;
/// Lost workspace entries are rare: looked for every so many ticks.
static constexpr int kWorkspaceTicks = 10;
static constexpr int kSweepBatch = 500;
/// What is due at a master that is away is looked at again this long after: soon once it is back,
/// and not all of it all the time.
static constexpr auto kPutOff = 5'000ms;

namespace {

/// What was due and is being checked.
struct Batch
{
    size_t left = 0;
    bool mayGoOn = false; ///< with the next batch at once
};

} // namespace

Sweeper::Sweeper(const Store &store, QByteArray nodeName, QObject *parent)
    : QObject(parent), m_store(store), m_nodeName(std::move(nodeName)), m_users(store),
      m_channels(store), m_dueUsers{DueQueue(store, KeySpace::kDueUsers),
                                    [this](const auto &user) {
                                        const QByteArray key = m_store.keys.userHash(UserId(user));
                                        return m_masters.of(key) != MasterWatch::State::Away;
                                    }},
      m_dueChannels{DueQueue(store, KeySpace::kDueChannels),
                    [this](const auto &channel) {
                        const QByteArray key = m_store.keys.channel(ChannelId(channel)).viewers;
                        return m_masters.of(key) != MasterWatch::State::Away;
                    }},
      m_scan(
          store, [this](const auto &users) { restoreUsers(users); },
          [this](const auto &channels) { restoreChannels(channels); }),
      m_masters(store.redis), m_workspaces(
                                  store, m_users, m_masters,
                                  [this](const auto &done) {
                                      readBehind([done](bool isKnown) {
                                          if (isKnown)
                                              done();
                                      });
                                  },
                                  [this](const auto &user, const auto &how, const auto &done) {
                                      checkUser(user, how, done);
                                  })
{
    connect(&m_timer, &QTimer::timeout, this, &Sweeper::tick);
}

void Sweeper::start()
{
    m_timer.start(m_store.config.sweepInterval);
    m_rest.setRemainingTime(std::min(kSettlingIn, m_store.config.heartbeatInterval));
}

void Sweeper::stop(std::function<void()> done)
{
    m_timer.stop();
    m_scan.stop();
    m_store.redis.eval(m_store.scripts.dueLease, {KeySpace::kSweeper}, {m_nodeName, "0"},
                       [done = std::move(done)](const auto &) { done(); });
}

void Sweeper::tick()
{
    m_masters.look(refreshTime());
    if (!m_store.redis.isReadyFor(KeySpace::kSweeper)) {
        // Of a cluster the rest may be there: for a while all nodes sweep.
        if (m_store.keys.isOnOneServer())
            return;
        m_lastAnswer.start();
        return sweep();
    }
    m_store.redis.eval(m_store.scripts.dueLease, {KeySpace::kSweeper},
                       {m_nodeName, number(kLease.count())}, [this](Result<Reply> reply) {
                           reply = accepted(std::move(reply));
                           if (!reply || reply->elements().size() != 2)
                               return;
                           answered();
                           if (reply->elements()[1].toInteger() == 1)
                               clockWasSetBack();
                           if (reply->elements()[0].toInteger() == 1)
                               sweep();
                       });
}

/// Members of the due queues are not due for long, and what they stand for is judged anew.
void Sweeper::clockWasSetBack()
{
    qCWarning(lcPresence) << "The clock of Redis was set back";
    setBack(KeySpace::kDueUsers, m_store.config.presenceTtl);
    setBack(KeySpace::kDueChannels, m_store.config.viewTtl);
}

void Sweeper::setBack(const QByteArray &queue, std::chrono::seconds longest)
{
    m_store.redis.eval(m_store.scripts.dueSetBack, {queue}, {number(longest), number(kSweepBatch)},
                       [this, queue, longest](Result<Reply> reply) {
                           reply = accepted(std::move(reply));
                           if (reply && reply->toInteger() == kSweepBatch)
                               setBack(queue, longest);
                       });
}

/// Just before it is needed: what a node reports holds from then on. Of two copies one may be away.
void Sweeper::readBehind(std::function<void(bool isKnown)> done)
{
    std::vector<QByteArray> keys = m_store.keys.behindNodes();
    if (!m_store.keys.isOnOneServer())
        std::erase_if(keys, [this](const auto &key) { return !m_store.redis.isReadyFor(key); });
    const auto behind = std::make_shared<Behind>();
    const auto left = std::make_shared<size_t>(keys.size());
    const auto isKnown = std::make_shared<bool>(!keys.empty());
    const auto answered = [this, behind, left, isKnown, done = std::move(done)] {
        if (*left > 0 && --*left > 0)
            return;
        // Nor can the nodes say it: each has an interval from when they can.
        if (*isKnown)
            m_behind = *behind;
        else
            m_rest.setRemainingTime(refreshTime());
        done(*isKnown);
    };
    if (keys.empty())
        return answered();
    for (const QByteArray &key : keys)
        m_store.redis.eval(m_store.scripts.nodesBehind, {key}, {},
                           [behind, isKnown, answered](Result<Reply> reply) {
                               reply = accepted(std::move(reply));
                               *isKnown = *isKnown && reply && reply->elements().size() == 2;
                               if (*isKnown)
                                   behind->add(*reply);
                               answered();
                           });
}

/// `reply` is of node/behind.lua.
void Sweeper::Behind::add(const Reply &reply)
{
    for (const Reply &tag : reply.elements()[1].elements())
        tags += (tags.isEmpty() ? "" : " ") + tag.bytes();
    const qint64 time = reply.elements()[0].toInteger().value_or(0);
    at = at == 0 ? time : std::min(at, time);
}

/// Each node refreshes its devices within one interval.
milliseconds Sweeper::refreshTime() const
{
    return m_store.config.heartbeatInterval + 2 * m_store.config.sweepInterval;
}

/// While Redis was away no node could refresh its devices: they are not gone.
void Sweeper::answered()
{
    if (m_lastAnswer.isValid()) {
        const milliseconds silence(m_lastAnswer.elapsed());
        if (silence > 2 * m_store.config.sweepInterval + kHiccup)
            m_rest.setRemainingTime(std::min(silence, refreshTime()));
    }
    m_lastAnswer.start();
}

void Sweeper::sweep()
{
    sweepChannels();
    if (!m_rest.hasExpired())
        return;
    sweepUsers();
    m_scan.step();
    if (m_ticks++ % kWorkspaceTicks != 0)
        return;
    m_workspaces.sweep();
    for (const QByteArray &key : {KeySpace::kVisible, KeySpace::kFlapping})
        m_store.redis.eval(m_store.scripts.dueTrim, {key}, {}, [](const auto &) {});
}

void Sweeper::sweepUsers()
{
    sweepDue(m_dueUsers, [this](const DueQueue::Entry &user, const Checked &checked) {
        const auto answered = [this, user, checked](const Result<UserTransition> &transition) {
            // Channels that it has to leave do not answer.
            if (!transition || !transition->leaving.empty()) {
                if (transition && !canLeave(*transition))
                    putOff(m_dueUsers, {&user, 1});
                return checked(false);
            }
            if (!m_store.keys.isOnOneServer())
                m_dueUsers.queue.acknowledge({{user, transition->nextCheck}});
            checked(true);
        };
        // What ends by itself does, while nobody is missed.
        const QByteArray tags = isSettled(UserId(user.member)) ? m_behind.tags : "*"_ba;
        m_users.check(UserId(user.member), {"0", tags, number(m_behind.at)}, user.due, answered);
    });
}

void Sweeper::checkUser(const UserId &user, const QByteArray &how,
                        const Callback<UserTransition> &done)
{
    if (!isSettled(user))
        return done(fail(ErrorCode::Unavailable, QStringLiteral("nodes could not refresh it yet")));
    m_users.check(user, {how, m_behind.tags, number(m_behind.at)}, {}, done);
}

void Sweeper::sweepChannels()
{
    sweepDue(m_dueChannels, [this](const DueQueue::Entry &channel, const Checked &checked) {
        const ChannelId id(channel.member);
        m_channels.check(
            m_store.scripts.channelSweep, id,
            {isResting(id) ? "1" : "0", m_behind.tags, number(m_behind.at)},
            [this, channel, checked](const Result<ChannelTransition> &transition) {
                if (transition)
                    m_dueChannels.queue.acknowledge({{channel, transition->nextCheck}});
                checked(transition.has_value());
            });
    });
}

/// Batch after batch: when a node dies, all its users are due in the same second.
void Sweeper::sweepDue(Due &due, const Check &check)
{
    if (!due.queue.isReachable() || std::exchange(due.isSwept, true))
        return;
    due.queue.due(kSweepBatch,
                  [this, &due, check](const Result<std::vector<DueQueue::Entry>> &entries) {
                      due.isSwept = entries && !entries->empty();
                      if (!due.isSwept)
                          return;
                      readBehind([this, &due, check, entries = *entries](bool isKnown) {
                          due.isSwept = isKnown;
                          if (isKnown)
                              checkAll(due, check, entries);
                      });
                  });
}

void Sweeper::checkAll(Due &due, const Check &check, std::vector<DueQueue::Entry> entries)
{
    const bool mayGoOn = entries.size() == kSweepBatch;
    const auto later = std::ranges::stable_partition(
        entries, [&due](const auto &entry) { return due.mayCheck(entry.member); });
    putOff(due, later);
    entries.erase(later.begin(), later.end());
    if (entries.empty()) {
        due.isSwept = false;
        return mayGoOn ? sweepDue(due, check) : void();
    }
    const auto batch = std::make_shared<Batch>(Batch{entries.size(), mayGoOn});
    for (const DueQueue::Entry &entry : entries) {
        check(entry, [this, &due, check, batch](bool isDone) {
            if (!isDone)
                batch->mayGoOn = false; // It is due still: not again before the next tick.
            if (--batch->left > 0)
                return;
            due.isSwept = false;
            if (batch->mayGoOn)
                sweepDue(due, check);
        });
    }
}

/// What cannot be looked at now would keep the rest from having its turn.
void Sweeper::putOff(const Due &due, std::span<const DueQueue::Entry> entries)
{
    const auto time = std::chrono::ceil<std::chrono::seconds>(
        std::min<milliseconds>(m_store.config.heartbeatInterval, kPutOff));
    std::vector<DueQueue::Checked> checked;
    for (const DueQueue::Entry &entry : entries)
        checked.push_back({entry, (m_behind.at + time.count()) * 1000});
    if (!checked.empty())
        due.queue.acknowledge(checked);
}

/// Viewers of the channel are not missed.
bool Sweeper::isResting(const ChannelId &channel) const
{
    const QByteArray key = m_store.keys.channel(channel).viewers;
    return !m_rest.hasExpired() || m_masters.of(key) != MasterWatch::State::Settled;
}

bool Sweeper::isSettled(const UserId &user) const
{
    return m_masters.of(m_store.keys.userHash(user)) == MasterWatch::State::Settled;
}

/// The channels that it has to leave can be asked.
bool Sweeper::canLeave(const UserTransition &transition) const
{
    for (const auto &[session, channels] : transition.leaving) {
        for (const QByteArray &channel : channels.split(' ')) {
            if (!m_dueChannels.mayCheck(channel))
                return false;
        }
    }
    return true;
}

/// Of those that are in no due queue most have nobody to look after.
void Sweeper::restoreUsers(const std::vector<QByteArray> &users)
{
    readBehind([this, users](bool isKnown) {
        // A scan goes on by itself, whatever nodes could refresh meanwhile.
        for (size_t i = 0; isKnown && m_rest.hasExpired() && i < users.size(); ++i)
            checkUser(UserId(users[i]), "found", [this, user = users[i]](const auto &transition) {
                if (transition && (transition->nextCheck > 0 || !transition->leaving.empty()))
                    m_dueUsers.queue.restore(user, std::max<qint64>(1, transition->nextCheck));
            });
    });
}

void Sweeper::restoreChannels(const std::vector<QByteArray> &channels)
{
    readBehind([this, channels](bool isKnown) {
        for (size_t i = 0; isKnown && i < channels.size(); ++i)
            m_channels.check(
                m_store.scripts.channelSweep, ChannelId(channels[i]),
                {isResting(ChannelId(channels[i])) ? "1" : "0", m_behind.tags, number(m_behind.at)},
                [this, channel = channels[i]](const auto &transition) {
                    if (transition && transition->nextCheck > 0)
                        m_dueChannels.queue.restore(channel, transition->nextCheck);
                });
    });
}

} // namespace presence::rules
